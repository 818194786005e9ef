/* schema/transform.h: what happens to a text before it is checked: .trim, .lower, .upper. */
#ifndef SAAS_SCHEMA_TRANSFORM_H
#define SAAS_SCHEMA_TRANSFORM_H

#include <saas/schema.h>

/* Changes *t to a copy in the arena where the field asks for it and there is something to change: the text itself may
 * be anybody's. False without memory. */
bool saas_transform(saas_text *t, saas_arena *a, const saas_field *f);

#endif
