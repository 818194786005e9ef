-- Tenants: the organizations and what binds a table to the current one.
--
-- Run by saas_owner. A table of a tenant is made like this, and the rest follows from the call:
--
--   create table notes (
--       id     uuid primary key default gen_random_uuid(),
--       org_id uuid not null default saas_current_org() references organizations on delete cascade,
--       title  text not null);
--   select saas_enable_tenant('notes');

-- The organization of the running transaction; null when none is set, which matches no row. A setting that was local
-- to an earlier transaction reads as '', hence the nullif. The body is bound when it is created, so no search_path of
-- a caller can bend it, and it is inlined into queries.
create function public.saas_current_org() returns uuid
    language sql stable parallel safe
    return nullif(pg_catalog.current_setting('app.current_org_id', true), '')::uuid;
revoke execute on function public.saas_current_org() from public;
grant execute on function public.saas_current_org() to saas_app, saas_auth;

create function public.saas_touch() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.updated_at := now();
    return new;
end
$$;
revoke execute on function public.saas_touch() from public;

-- Makes updated_at of a table the time of the last change.
create function public.saas_enable_touch(t regclass) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    execute format('create or replace trigger saas_touch before update on %s for each row '
                   'when (old.* is distinct from new.*) execute function public.saas_touch()', t);
end
$$;
revoke execute on function public.saas_enable_touch(regclass) from public;

-- Binds a table to the current organization: forced row-level security with the one policy "tenant", rights for
-- saas_app, an index led by org_id, and updated_at (when there is one) kept. Refuses a table on which that would not
-- hold. May be repeated.
create function public.saas_enable_tenant(t regclass) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    org pg_attribute;
    bound constant text := 'org_id = (select public.saas_current_org())';
begin
    if (select c.relkind not in ('r', 'p') from pg_class c where c.oid = t) then
        raise exception 'saas_enable_tenant: % is no table', t using errcode = 'wrong_object_type';
    end if;
    select a.* into org from pg_attribute a where a.attrelid = t and a.attname = 'org_id' and not a.attisdropped;
    if not found or org.atttypid <> 'uuid'::regtype or not org.attnotnull then
        raise exception 'saas_enable_tenant: % needs a column "org_id uuid not null"', t
            using errcode = 'invalid_table_definition';
    end if;
    if not exists (select from pg_attrdef d
                   join pg_depend p on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
                   where d.adrelid = t and d.adnum = org.attnum and p.refclassid = 'pg_proc'::regclass
                     and p.refobjid = 'public.saas_current_org()'::regprocedure) then
        raise exception 'saas_enable_tenant: org_id of % needs "default saas_current_org()"', t
            using errcode = 'invalid_table_definition';
    end if;
    if not exists (select from pg_index i
                   where i.indrelid = t and i.indkey[0] = org.attnum and i.indisvalid and i.indpred is null) then
        execute format('create index on %s (org_id)', t);
    end if;
    if exists (select from pg_attribute a where a.attrelid = t and a.attname = 'updated_at' and not a.attisdropped) then
        perform public.saas_enable_touch(t);
    end if;
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    if exists (select from pg_policy p where p.polrelid = t and p.polname = 'tenant') then
        execute format('drop policy tenant on %s', t);
    end if;
    execute format('create policy tenant on %s to saas_app using (%s) with check (%s)', t, bound, bound);
    execute format('grant select, insert, update, delete on %s to saas_app', t);
end
$$;
revoke execute on function public.saas_enable_tenant(regclass) from public;

create table public.organizations (
    id         uuid primary key default gen_random_uuid(),
    name       text not null check (char_length(name) between 1 and 80),
    slug       text not null collate "C" constraint organizations_slug_key unique check (slug ~ '^[a-z0-9-]{3,40}$'),
    plan       text not null default 'free',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
select public.saas_enable_touch('public.organizations');

alter table public.organizations enable row level security;
alter table public.organizations force row level security;
create policy tenant on public.organizations to saas_app
    using (id = (select public.saas_current_org())) with check (id = (select public.saas_current_org()));
-- A server may rename its organization. It makes and removes one through functions, and never sets the plan.
grant select on public.organizations to saas_app;
grant update (name, slug) on public.organizations to saas_app;
