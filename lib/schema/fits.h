/* schema/fits.h: whether a field's rules go together and with its type. */
#ifndef SAAS_SCHEMA_FITS_H
#define SAAS_SCHEMA_FITS_H

#include <saas/schema.h>

/* NULL, or what is wrong; type is the field's, or its item's. */
const char *saas_rules_problem(const saas_field *f, saas_type type);

#endif
