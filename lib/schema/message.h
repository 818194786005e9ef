/* schema/message.h: the words of an issue. */
#ifndef SAAS_SCHEMA_MESSAGE_H
#define SAAS_SCHEMA_MESSAGE_H

#include <saas/issue.h>

/* From the first list that has words for it (NULL lists have none), the library's own being the last. ptr NULL without
 * memory. */
saas_text saas_message_of(saas_arena *a, saas_issue_code code, saas_text param, const saas_messages *first,
                          const saas_messages *second);

#endif
