-- Access tokens that must not be taken any more though they have not ended: what ends a session, changes a role, removes
-- a member or an organization or disables an account says so in its own transaction, here and as a NOTIFY on the channel
-- saas_revoked. Whatever does it: these are triggers.
--
-- A row is needed for no longer than the tokens it stops live: 900 s, and a minute for clocks that differ.

create table public.revocations (
    id      bigint generated always as identity primary key,
    kind    text not null check (kind in ('s', 'u', 'o')), -- session, user, organization
    subject uuid not null,
    below   integer, -- stops tokens of an older generation of the user; null: every one
    at      timestamptz not null default clock_timestamp()
);
create index revocations_subject_idx on public.revocations (subject);
create index revocations_at_idx on public.revocations (at);

alter table public.revocations enable row level security;
alter table public.revocations force row level security;
create policy auth on public.revocations to saas_auth using (true) with check (true);
grant select, insert, update, delete on public.revocations to saas_auth;

-- Goes up when what the user's tokens say holds no more.
alter table public.users add column generation integer not null default 0;

alter type saas_auth_api.identity add attribute generation integer;

-- ---- for the functions below only ----

create function saas_auth_api.revoke(p_kind text, p_subject uuid, p_below integer default null) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from public.revocations r where r.id in (
        select x.id from public.revocations x where x.at < clock_timestamp() - interval '16 minutes'
        order by x.at limit 100 for update skip locked);
    insert into public.revocations (kind, subject, below) values (p_kind, p_subject, p_below);
    perform pg_notify('saas_revoked', concat_ws(' ', p_kind, p_subject, p_below));
end
$$;

-- Tokens are made when a session is used: one that was not for so long has none left. A repeated refresh makes one 10 s
-- later than the row says.
create function saas_auth_api.revoke_session() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if old.last_used_at > clock_timestamp() - interval '17 minutes' then
        perform saas_auth_api.revoke('s', old.id);
    end if;
    return null;
end
$$;

create function saas_auth_api.raise_generation() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.generation := old.generation + 1;
    return new;
end
$$;

-- An organization that goes says so itself, for all its users.
create function saas_auth_api.revoke_user() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        perform saas_auth_api.revoke('u', new.id, new.generation);
    elsif exists (select from public.organizations o where o.id = old.org_id) then
        perform saas_auth_api.revoke('u', old.id);
    end if;
    return null;
end
$$;

create function saas_auth_api.revoke_account() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.users u set generation = u.generation + 1 where u.account_id = new.id;
    return null;
end
$$;

create function saas_auth_api.revoke_organization() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform saas_auth_api.revoke('o', old.id);
    return null;
end
$$;

-- As before, with the generation.
create or replace function saas_auth_api.identity_of(p_user uuid) returns saas_auth_api.identity
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select 'ok', u.account_id, u.id, u.email, u.role, u.created_at, u.updated_at, o.id, o.name, o.slug, o.plan,
           o.created_at, u.generation
    from public.users u join public.organizations o on o.id = u.org_id
    where u.id = p_user
$$;

-- ---- for servers ----

-- Whether an access token that says so is stopped.
create function saas_auth_api.revoked(p_user uuid, p_org uuid, p_session uuid, p_generation integer) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from public.revocations r
                   where r.subject = any (array[p_user, p_org, p_session])
                     and case r.kind when 'u' then r.subject = p_user and coalesce(r.below > p_generation, true)
                                     when 'o' then r.subject = p_org
                                     else r.subject = p_session end)
$$;

-- The latest at most p_limit of those that stop tokens which may live, said as NOTIFY says them, and for how many more
-- seconds.
create function saas_auth_api.revocations(p_limit integer) returns table (said text, seconds integer)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select concat_ws(' ', r.kind, r.subject, r.below),
           960 - floor(extract(epoch from clock_timestamp() - r.at))::integer
    from public.revocations r
    where r.at > clock_timestamp() - interval '16 minutes'
    order by r.at desc limit p_limit
$$;

-- As before, and the generation.
drop function saas_auth_api.session_refresh;
create function saas_auth_api.session_refresh(p_session uuid, p_hash bytea, p_next bytea, p_random bytea)
    returns table (outcome text, random text, user_id uuid, org_id uuid, role text, email text, generation integer)
    language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
#variable_conflict use_column
declare
    s public.sessions;
    u public.users;
    at timestamptz;
    verdict text;
begin
    select x.* into s from public.sessions x where x.id = p_session for no key update;
    at := clock_timestamp(); -- now() may be from before the wait for the lock
    -- before the account: one that is disabled after it was looked at raises the generation that was read
    select x.* into u from public.users x where x.id = s.user_id;
    if s.id is null or s.revoked_at is not null or s.expires_at <= at or s.last_used_at <= at - interval '7 days'
       or not exists (select from public.accounts a where a.id = s.account_id and a.disabled_at is null) then
        verdict := 'invalid';
    elsif s.current_hash = p_hash or s.overtaken_hash = p_hash then
        verdict := 'rotated';
        update public.sessions x
        set previous_hash = p_hash, current_hash = p_next, overtaken_hash = null, random = p_random, rotated_at = at,
            last_used_at = at
        where x.id = p_session;
        s.random := p_random;
    elsif s.previous_hash = p_hash and s.rotated_at >= at - interval '10 seconds' then
        verdict := 'grace';
        if s.random is null then
            update public.sessions x
            set overtaken_hash = x.current_hash, current_hash = p_next, random = p_random, last_used_at = at
            where x.id = p_session;
            s.random := p_random;
        end if;
    else
        verdict := 'reused';
        update public.sessions x set revoked_at = at, revoke_reason = 'reused' where x.id = p_session;
        perform saas_auth_api.note(s.org_id, s.user_id, 'session.reused', jsonb_build_object('session', s.id));
    end if;
    if verdict in ('rotated', 'grace') then
        return query select verdict, encode(s.random, 'hex'), u.id, u.org_id, u.role, u.email, u.generation;
    else
        return query select verdict, null::text, s.user_id, s.org_id, null::text, null::text, null::integer;
    end if;
end
$$;

grant create on schema saas_auth_api to saas_auth;
do $$
declare
    f regprocedure;
begin
    for f in select p.oid from pg_proc p
             where p.pronamespace = 'saas_auth_api'::regnamespace and p.proowner <> 'saas_auth'::regrole loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s owner to saas_auth', f);
    end loop;
end
$$;
revoke create on schema saas_auth_api from saas_auth;

grant execute on function saas_auth_api.revoked, saas_auth_api.revocations, saas_auth_api.session_refresh to saas_app;

create trigger revoke after update of revoked_at on public.sessions for each row
    when (old.revoked_at is null and new.revoked_at is not null) execute function saas_auth_api.revoke_session();
create trigger revoke_gone after delete on public.sessions for each row
    when (old.revoked_at is null) execute function saas_auth_api.revoke_session();
create trigger raise_generation before update of role on public.users for each row
    when (old.role is distinct from new.role) execute function saas_auth_api.raise_generation();
create trigger revoke after update on public.users for each row
    when (old.generation <> new.generation) execute function saas_auth_api.revoke_user();
create trigger revoke_gone after delete on public.users for each row
    when (old.accepted_at is not null) execute function saas_auth_api.revoke_user();
create trigger revoke after update of disabled_at on public.accounts for each row
    when (old.disabled_at is null and new.disabled_at is not null) execute function saas_auth_api.revoke_account();
create trigger revoke_gone after delete on public.organizations for each row
    execute function saas_auth_api.revoke_organization();
