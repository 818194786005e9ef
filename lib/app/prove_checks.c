#include "app/prove.h"
#include "app/prove_sql.h"

/* CREATEROLE can make itself a member of anything, REPLICATION reads all of the cluster, a predefined role reads or
 * writes past grants. */
static const char role_attributes[] = ME
    " select 'role ' || (select rolname from me where itself order by oid limit 1),"
    "  case when itself then 'is ' else 'is a member of ' || r.rolname || ', which is ' end || a.what"
    " from me join pg_roles r using (oid), lateral (values"
    "  (r.rolsuper, 'a superuser'), (r.rolbypassrls, 'BYPASSRLS'), (r.rolcreaterole, 'CREATEROLE'),"
    "  (r.rolreplication, 'REPLICATION'), (r.rolname ~ '^pg_', 'a predefined role')) a(has, what)"
    " where a.has"
    " union all select 'role ' || rolname, 'is a superuser or BYPASSRLS' from pg_roles"
    " where rolname = 'saas_auth' and (rolsuper or rolbypassrls)";

/* What can become the role of the system scope reads all organizations. */
static const char apart[] = ME
    " select 'role ' || (select rolname from me where itself order by oid limit 1),"
    "  case when itself then 'is' else 'is a member of' end || ' saas_system, the role of the system scope'"
    " from me where rolname = 'saas_system'";

static const char system_role[] = ME
    " select 'role ' || rolname, 'is neither saas_system nor a member of it, as SYSTEM_DATABASE_URL needs'"
    " from me where itself and not exists (select from me where rolname = 'saas_system')";

/* Who owns a schema or the database can drop and replace what is in it. Below 16384 are the system's own objects. */
static const char ownership[] = ME
    ", owned(what, owner) as ("
    " select format('%I.%I', n.nspname, c.relname), c.relowner from pg_class c join pg_namespace n"
    "  on n.oid = c.relnamespace where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')"
    "  and c.relpersistence <> 't'"
    " union all select format('schema %I', nspname), nspowner from pg_namespace"
    "  where (oid >= 16384 or nspname = 'public') and nspname !~ '^pg_(toast|temp)'"
    " union all select format('function %s', p.oid::regprocedure), p.proowner from pg_proc p where p.oid >= 16384"
    " union all select format('database %I', datname), datdba from pg_database where datname = current_database())"
    " select o.what, 'is owned by role ' || me.rolname || case when me.itself then '' else ', of which '"
    "  || (select rolname from me where itself order by oid limit 1) || ' is a member' end"
    " from owned o join me on me.oid = o.owner";

/* What it creates, it owns; and what it puts into a search path is found there by others. */
static const char creation[] = ME
    " select format('schema %I', n.nspname), 'role ' || me.rolname || ' may create in it'"
    " from pg_namespace n, me where not rolsuper and n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege(me.oid, n.oid, 'create')"
    " union all select format('database %I', current_database()), 'role ' || me.rolname || ' may create schemas in it'"
    " from me where not rolsuper and has_database_privilege(me.oid, current_database(), 'create')";

static const char row_security[] = REACH
    " select name, why from reach, lateral (select case"
    "  when relkind = 'm' then 'is a materialized view, which no policy governs'"
    "  when relkind = 'f' then 'is a foreign table, which no policy governs'"
    "  when relkind = 'v' and not coalesce((select option_value::boolean from pg_options_to_table(reloptions)"
    "   where option_name = 'security_invoker'), false)"
    "   then 'is a view that reads as its owner: it lacks security_invoker'"
    "  when relkind in ('r', 'p') and not relrowsecurity then 'row-level security is not enabled'"
    "  when relkind in ('r', 'p') and not relforcerowsecurity then 'row-level security is not forced' end) w(why)"
    " where why is not null"
    " union all select name, 'has rewrite rules, which run as its owner' from reach where relkind in ('r', 'p')"
    " and exists (select from pg_rewrite where ev_class = reach.oid)";

/* pg_get_expr prints an expression in one way only; with an empty search path the function is qualified. A null
 * expression of a permissive policy lets nothing through. */
static const char policies[] = REACH
    " select r.name, format('policy %I %s is not bound to the organization: %s', p.polname, e.what, e.text)"
    " from reach r join pg_policy p on p.polrelid = r.oid, lateral (values"
    "  ('using', pg_get_expr(p.polqual, p.polrelid)),"
    "  ('with check', pg_get_expr(p.polwithcheck, p.polrelid))) e(what, text)"
    " where p.polpermissive and (0 = any (p.polroles) or exists (select from me where me.oid = any (p.polroles)))"
    " and e.text <> format('(%s = ( SELECT public.saas_current_org() AS saas_current_org))',"
    "  case r.name when 'public.organizations' then 'id' else 'org_id' end)";

/* Policies bind reading and writing rows; not these. An owner has them all, and has been named already. */
static const char grants[] = REACH
    " select r.name, format('role %s has %s, which no policy governs', (select rolname from me where itself order by"
    "  oid limit 1), g.what) from reach r, lateral (values"
    "  ('TRUNCATE', exists (select from me where not rolsuper and has_table_privilege(me.oid, r.oid, 'truncate'))),"
    "  ('TRIGGER', exists (select from me where not rolsuper and has_table_privilege(me.oid, r.oid, 'trigger'))),"
    "  ('REFERENCES', exists (select from me where not rolsuper and"
    "   (has_table_privilege(me.oid, r.oid, 'references')"
    "    or has_any_column_privilege(me.oid, r.oid, 'references'))))) g(what, has)"
    " where g.has and r.relkind in ('r', 'p') and r.relowner not in (select oid from me)";

/* tenant: what the role may write and that carries an organization. */
#define TENANT                                                                                                         \
    REACH ", tenant as (select r.oid, r.name, a.attnum as org from reach r join pg_attribute a on a.attrelid = r.oid"  \
    " where a.attname = 'org_id' and not a.attisdropped and r.relkind in ('r', 'p') and exists (select from me where"  \
    "  not rolsuper and (has_table_privilege(me.oid, r.oid, 'insert, update')"                                         \
    "  or has_any_column_privilege(me.oid, r.oid, 'insert, update'))))"

/* A key across organizations tells one what another has. A uuid that is no key of a shared table's can't be guessed:
 * whoever collides knew it before. */
static const char unique_keys[] = TENANT
    " select t.name, format('%s is unique across organizations: it lacks org_id', c.relname)"
    " from tenant t join pg_index i on i.indrelid = t.oid join pg_class c on c.oid = i.indexrelid,"
    " lateral (select (i.indkey::int2[])[0:i.indnkeyatts - 1]) k(cols)"
    " where (i.indisunique or i.indisexclusion) and t.org <> all (k.cols) and not exists (select from pg_attribute u"
    "  where u.attrelid = t.oid and u.attnum = any (k.cols) and u.atttypid = 'uuid'::regtype"
    "  and not exists (select from pg_constraint f where f.conrelid = t.oid and f.contype = 'f'"
    "   and u.attnum = any (f.conkey) and not exists (select from pg_attribute o where o.attrelid = f.confrelid"
    "    and o.attname = 'org_id' and not o.attisdropped)))";

/* Such a key takes another organization's row for a parent, and tells whether there is one. */
static const char foreign_keys[] = TENANT
    " select t.name, format('foreign key %s leaves the organization: it lacks org_id', f.conname)"
    " from tenant t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f' and f.conparentid = 0"
    " join pg_attribute o on o.attrelid = f.confrelid and o.attname = 'org_id' and not o.attisdropped"
    " where not exists (select from generate_subscripts(f.conkey, 1) s"
    "  where f.conkey[s] = t.org and f.confkey[s] = o.attnum)";

/* Such a function runs with its owner's rights: only those of saas_auth are meant to, and with a search path that the
 * caller has no say in: where pg_temp is not named last, a caller's temporary table or type comes first. Trigger
 * functions can't be called. */
static const char functions[] = ME
    " select format('function %s', p.oid::regprocedure), w.why"
    " from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner,"
    " lateral (select case"
    "  when o.rolname <> 'saas_auth' then 'is SECURITY DEFINER of role ' || o.rolname || ', not of saas_auth'"
    "  when not exists (select from unnest(p.proconfig) s where s ~ '^search_path=(.*, *)?pg_temp$'"
    "   and s !~ 'pg_temp.*pg_temp')"
    "   then 'is SECURITY DEFINER without a pinned search_path that ends in pg_temp' end) w(why)"
    " where p.prosecdef and w.why is not null and n.nspname not in ('pg_catalog', 'information_schema')"
    " and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)"
    " and exists (select from me where not rolsuper and has_function_privilege(me.oid, p.oid, 'execute'))";

/* Such a function is run on rows before a policy has said whose they are. An extension's are its own affair. */
static const char leakproof[] =
    ME " select format('function %s', p.oid::regprocedure), 'is LEAKPROOF: it runs before policies do'"
       " from pg_proc p where p.proleakproof and p.oid >= 16384"
       " and exists (select from me where not rolsuper and has_function_privilege(me.oid, p.oid, 'execute'))"
       " and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid"
       "  and d.deptype = 'e')";

static const char org_function[] =
    "select 'function public.saas_current_org()', 'does not give app.current_org_id'"
    " where not (select case when set_config('app.current_org_id', '', true) = '' and"
    "  public.saas_current_org() is null then"
    "  set_config('app.current_org_id', '018f3a5e-0000-7000-8000-00000000000f', true) ="
    "  public.saas_current_org()::text else false end)";

static const char connections[] =
    "select 'connections', format('the program needs %s, %s %s', $1::int, what, has)"
    " from (select 'role ' || rolname || ' may have', rolconnlimit from pg_roles where rolname = session_user"
    "  union all select 'database ' || datname || ' may have', datconnlimit from pg_database"
    "   where datname = current_database()"
    "  union all select 'the server leaves', current_setting('max_connections')::int"
    "   - current_setting('superuser_reserved_connections')::int"
    "   - coalesce(current_setting('reserved_connections', true), '0')::int) l(what, has)"
    " where has >= 0 and has < $1::int";

static const saas_check checks[] = {
    {"role attributes", SAAS_CHECK_BOTH, SAAS_CHECK_PLAIN, role_attributes},
    {"system scope", SAAS_CHECK_SERVING, SAAS_CHECK_PLAIN, apart},
    {"system role", SAAS_CHECK_SYSTEM, SAAS_CHECK_PLAIN, system_role},
    {"ownership", SAAS_CHECK_BOTH, SAAS_CHECK_PLAIN, ownership},
    {"creation", SAAS_CHECK_BOTH, SAAS_CHECK_PLAIN, creation},
    {"row security", SAAS_CHECK_BOTH, SAAS_CHECK_SHARED, row_security},
    {"policies", SAAS_CHECK_SERVING, SAAS_CHECK_SHARED, policies},
    {"grants", SAAS_CHECK_BOTH, SAAS_CHECK_SHARED, grants},
    {"unique keys", SAAS_CHECK_SERVING, SAAS_CHECK_SHARED, unique_keys},
    {"foreign keys", SAAS_CHECK_SERVING, SAAS_CHECK_SHARED, foreign_keys},
    {"functions", SAAS_CHECK_BOTH, SAAS_CHECK_PLAIN, functions},
    {"leakproof functions", SAAS_CHECK_BOTH, SAAS_CHECK_PLAIN, leakproof},
    {"current organization", SAAS_CHECK_SERVING, SAAS_CHECK_PLAIN, org_function},
    {"connections", SAAS_CHECK_BOTH, SAAS_CHECK_CONNECTIONS, connections},
};

/* Rows that an organization which does not exist, or none at all, would see. */
static const char readable[] = REACH " select name from reach where exists (select from me where itself and"
                                     " has_table_privilege(me.oid, reach.oid, 'select')) order by name";

const char *saas_probe_sql(void)
{
    return readable;
}

const saas_check *saas_checks(size_t *count)
{
    *count = sizeof checks / sizeof *checks;
    return checks;
}
