/* base/clock.h: clocks and randomness, the only places that ask the system for them. Tests make them fail or lie by
 * wrapping clock_gettime and getrandom at link time. */
#ifndef SAAS_BASE_CLOCK_H
#define SAAS_BASE_CLOCK_H

#include <saas/text.h>

uint64_t saas_clock_mono_us(void);
uint64_t saas_clock_coarse_us(void); /* the same clock as of the last tick, a few ms ago; costs a fifth */
int64_t saas_clock_wall_us(void); /* since 1970 */
SAAS_MUST_CHECK saas_err saas_random(void *out, size_t len); /* ERR_UNAVAILABLE */

#endif
