/* app/prove_sql.h: what the proof's statements begin with: who the role is, and what it reaches. */
#ifndef SAAS_APP_PROVE_SQL_H
#define SAAS_APP_PROVE_SQL_H

/* me: every role that the session is or could become. Membership counts with and without INHERIT, as SET ROLE is open
 * to a member either way. */
#define ME                                                                                                             \
    "with recursive me as ("                                                                                           \
    " select oid, rolname, rolsuper, true as itself from pg_roles where rolname in (session_user, current_user)"       \
    " union"                                                                                                           \
    " select r.oid, r.rolname, r.rolsuper, false from me join pg_auth_members m on m.member = me.oid"                              \
    " join pg_roles r on r.oid = m.roleid)"

/* reach: relations outside the system's schemas that any of these roles has any privilege on, a single column's
 * included, by itself or through PUBLIC; without those that $1 names, and without the ledger where it can only be read. */
#define REACH                                                                                                          \
    ME ", reach as ("                                                                                                  \
    " select c.*, format('%I.%I', n.nspname, c.relname) as name, n.nspname"                                            \
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"                                                   \
    " where c.relkind in ('r', 'p', 'v', 'm', 'f')"                                                                    \
    " and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'"                   \
    " and exists (select from me where"                                                                                \
    "  has_table_privilege(me.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')"            \
    "  or has_any_column_privilege(me.oid, c.oid, 'select, insert, update, references'))"                              \
    " and not exists (select from unnest(string_to_array($1, chr(10))) s(name)"                                        \
    "  where s.name = n.nspname || '.' || c.relname or n.nspname = 'public' and s.name = c.relname)"                   \
    " and not (n.nspname = 'public' and c.relname = 'saas_migrations' and not exists (select from me where"            \
    "  not rolsuper and (has_table_privilege(me.oid, c.oid, 'insert, update, delete, truncate, references, trigger')"                    \
    "  or has_any_column_privilege(me.oid, c.oid, 'insert, update, references')))))"

#endif
