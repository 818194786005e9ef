/* schema/transform.h: what happens to a text before it is checked: .trim, .lower, .upper. */
#ifndef SAAS_SCHEMA_TRANSFORM_H
#define SAAS_SCHEMA_TRANSFORM_H

#include <saas/schema.h>

/* What the field asks for: a copy in the arena where there is something to change, as the text itself may be anybody's.
 * ptr NULL without memory. */
saas_text saas_transform(saas_text t, saas_arena *a, const saas_field *f);

#endif
