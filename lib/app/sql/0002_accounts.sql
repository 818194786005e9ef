-- Accounts (a person), users (an account's membership in an organization), sessions, the audit trail, and the only way
-- for the server to reach them: the functions of the schema saas_auth_api.
--
-- Run by saas_owner. The functions belong to saas_auth, run with its rights, have a pinned search_path and can be
-- executed by saas_app alone. Those for a signed-in user take the organization from the transaction, never from a
-- parameter.

create table public.accounts (
    id            uuid primary key default gen_random_uuid(),
    email         text not null check (char_length(email) between 3 and 254),
    password_hash text,
    verified_at   timestamptz,
    disabled_at   timestamptz,
    -- an account whose address is not verified works in this organization only
    home_org_id   uuid references public.organizations on delete set null,
    last_org_id   uuid references public.organizations on delete set null,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);
-- Collation C: the case of ASCII only, whatever the locale of the database.
create unique index accounts_email_key on public.accounts (lower(email collate "C"));
create index accounts_home_org_idx on public.accounts (home_org_id);
create index accounts_last_org_idx on public.accounts (last_org_id);

create table public.users (
    id          uuid primary key default gen_random_uuid(),
    org_id      uuid not null default public.saas_current_org() references public.organizations on delete cascade,
    account_id  uuid not null references public.accounts on delete cascade,
    email       text not null check (char_length(email) between 3 and 254),
    role        text not null default 'member' check (role in ('admin', 'member', 'viewer')),
    accepted_at timestamptz, -- null: waits for the invited person
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint users_org_id_key unique (org_id, id), -- for foreign keys that carry the organization
    constraint users_org_account_key unique (org_id, account_id)
);
create unique index users_org_email_key on public.users (org_id, lower(email collate "C"));
create index users_org_created_idx on public.users (org_id, created_at, id);
create index users_account_idx on public.users (account_id);

-- A session is a family of refresh tokens, of which only hashes are kept. random is what the current token was made
-- with from the previous one: a retry gets the same successor.
create table public.sessions (
    id            uuid primary key,
    account_id    uuid not null references public.accounts on delete cascade,
    org_id        uuid not null,
    user_id       uuid not null,
    current_hash  bytea not null check (octet_length(current_hash) = 32),
    previous_hash bytea check (octet_length(previous_hash) = 32),
    random        bytea check (octet_length(random) = 32),
    created_at    timestamptz not null default now(),
    rotated_at    timestamptz,
    last_used_at  timestamptz not null default now(),
    expires_at    timestamptz not null default now() + interval '90 days',
    revoked_at    timestamptz,
    revoke_reason text,
    user_agent    text check (char_length(user_agent) <= 256),
    ip            text check (char_length(ip) <= 64),
    foreign key (org_id, user_id) references public.users (org_id, id) on delete cascade
);
create index sessions_account_idx on public.sessions (account_id);
create index sessions_user_idx on public.sessions (org_id, user_id);

create table public.audit (
    id      bigint generated always as identity primary key,
    org_id  uuid references public.organizations on delete cascade, -- null: of no organization, seen by operators only
    actor   uuid, -- the user who did it; null: nobody signed in
    event   text not null,
    details jsonb not null default '{}',
    at      timestamptz not null default now()
);
create index audit_org_idx on public.audit (org_id, id);

select public.saas_enable_touch('public.accounts');
select public.saas_enable_tenant('public.users');
revoke insert, update, delete on public.users from saas_app;

do $$
declare
    t regclass;
begin
    foreach t in array array['public.accounts', 'public.sessions', 'public.audit']::regclass[] loop
        execute format('alter table %s enable row level security', t);
        execute format('alter table %s force row level security', t);
    end loop;
    foreach t in array array['public.organizations', 'public.accounts', 'public.users', 'public.sessions',
                             'public.audit']::regclass[] loop
        execute format('create policy auth on %s to saas_auth using (true) with check (true)', t);
    end loop;
end
$$;
create policy tenant on public.audit for select to saas_app using (org_id = (select public.saas_current_org()));
grant select on public.audit to saas_app;

grant select, insert, update, delete on public.organizations, public.accounts, public.users, public.sessions
    to saas_auth;
grant insert on public.audit to saas_auth;

create schema saas_auth_api;
revoke all on schema saas_auth_api from public;
grant usage on schema saas_auth_api to saas_app, saas_auth;

-- Who is signed in where: what an answer to a sign-in is made of.
create type saas_auth_api.identity as (
    outcome text,
    account_id uuid, user_id uuid, email text, role text, user_created_at timestamptz, user_updated_at timestamptz,
    org_id uuid, org_name text, org_slug text, org_plan text, org_created_at timestamptz
);

create type saas_auth_api.member as (
    outcome text,
    id uuid, org_id uuid, email text, role text, created_at timestamptz, updated_at timestamptz
);

-- ---- for the functions below only ----

create function saas_auth_api.note(p_org uuid, p_actor uuid, p_event text, p_details jsonb default '{}') returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into public.audit (org_id, actor, event, details) values (p_org, p_actor, p_event, p_details)
$$;

create function saas_auth_api.identity_of(p_user uuid) returns saas_auth_api.identity
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select 'ok', u.account_id, u.id, u.email, u.role, u.created_at, u.updated_at, o.id, o.name, o.slug, o.plan,
           o.created_at
    from public.users u join public.organizations o on o.id = u.org_id
    where u.id = p_user
$$;

-- One change of members at a time in an organization: "the last admin" can't be decided otherwise. Then whether the
-- actor still is what its access token says.
create function saas_auth_api.lock_members(p_actor uuid, p_actor_role text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from public.organizations o where o.id = public.saas_current_org() for no key update;
    return exists (select from public.users u
                   where u.id = p_actor and u.org_id = public.saas_current_org() and u.role = p_actor_role
                     and u.accepted_at is not null);
end
$$;

create function saas_auth_api.is_last_admin(p_user uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from public.users u where u.id = p_user and u.role = 'admin' and u.accepted_at is not null)
       and not exists (select from public.users u join public.accounts a on a.id = u.account_id
                       where u.org_id = public.saas_current_org() and u.id <> p_user and u.role = 'admin'
                         and u.accepted_at is not null and a.disabled_at is null)
$$;

-- ---- nobody is signed in ----

-- Account, organization, its first admin and a session. outcome: ok | slug_taken | email_taken. With p_slug_free a
-- taken slug gets a random ending instead.
create function saas_auth_api.signup(p_account uuid, p_org uuid, p_user uuid, p_session uuid, p_org_name text,
                                     p_slug text, p_slug_free boolean, p_email text, p_password_hash text,
                                     p_hash bytea, p_user_agent text, p_ip text) returns saas_auth_api.identity
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.identity;
    wanted text := p_slug;
    violated text;
begin
    for attempt in 1..8 loop
        begin
            insert into public.organizations (id, name, slug) values (p_org, p_org_name, wanted);
            insert into public.accounts (id, email, password_hash, home_org_id, last_org_id)
                values (p_account, p_email, p_password_hash, p_org, p_org);
            insert into public.users (id, org_id, account_id, email, role, accepted_at)
                values (p_user, p_org, p_account, p_email, 'admin', now());
            insert into public.sessions (id, account_id, org_id, user_id, current_hash, user_agent, ip)
                values (p_session, p_account, p_org, p_user, p_hash, p_user_agent, p_ip);
            perform saas_auth_api.note(p_org, p_user, 'organization.created');
            return saas_auth_api.identity_of(p_user);
        exception when unique_violation then
            get stacked diagnostics violated = constraint_name;
            if violated = 'accounts_email_key' then
                result.outcome := 'email_taken';
                return result;
            elsif violated <> 'organizations_slug_key' then
                raise;
            elsif not p_slug_free then
                result.outcome := 'slug_taken';
                return result;
            end if;
        end;
        wanted := left(p_slug, 33) || '-' || left(gen_random_uuid()::text, 6);
    end loop;
    result.outcome := 'slug_taken';
    return result;
end
$$;

-- What a password is checked against; no row for an address that can't sign in.
create function saas_auth_api.login_lookup(p_email text) returns table (account_id uuid, password_hash text)
    language sql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
    select a.id, a.password_hash from public.accounts a
    where lower(a.email collate "C") = lower(p_email collate "C") and a.disabled_at is null
      and a.password_hash is not null
$$;

-- A session after the password was verified against p_verified_hash: one that was changed meanwhile gives
-- outcome invalid. p_new_hash, if given, replaces it (the same password at today's cost).
-- outcome: ok | invalid | no_organization.
create function saas_auth_api.session_create(p_account uuid, p_verified_hash text, p_new_hash text, p_session uuid,
                                             p_hash bytea, p_user_agent text, p_ip text)
    returns saas_auth_api.identity
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.identity;
    account public.accounts;
    member public.users;
begin
    select a.* into account from public.accounts a
    where a.id = p_account and a.password_hash = p_verified_hash and a.disabled_at is null
    for no key update;
    if not found then
        result.outcome := 'invalid';
        return result;
    end if;
    select u.* into member from public.users u
    where u.account_id = p_account and u.accepted_at is not null
      and (account.verified_at is not null or u.org_id = account.home_org_id)
    order by u.org_id is not distinct from account.last_org_id desc, u.created_at, u.id
    limit 1;
    update public.accounts a
    set password_hash = coalesce(p_new_hash, a.password_hash), last_org_id = coalesce(member.org_id, a.last_org_id)
    where a.id = p_account
      and (p_new_hash is not null or member.org_id is not null and member.org_id is distinct from a.last_org_id);
    if member.id is null then
        result.outcome := 'no_organization';
        return result;
    end if;
    insert into public.sessions (id, account_id, org_id, user_id, current_hash, user_agent, ip)
        values (p_session, p_account, member.org_id, member.id, p_hash, p_user_agent, p_ip);
    return saas_auth_api.identity_of(member.id);
end
$$;

-- Decides over a genuine refresh token under the lock of its session's row:
--   rotated  it was the current one; p_next is, made with p_random
--   grace    the one just before, at most 10 s ago: `random` makes the same successor again
--   reused   any other: the session is revoked
--   invalid  no such session, or it is over
create function saas_auth_api.session_refresh(p_session uuid, p_hash bytea, p_next bytea, p_random bytea)
    returns table (outcome text, random text, user_id uuid, org_id uuid, role text, email text)
    language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
#variable_conflict use_column
declare
    s public.sessions;
    at timestamptz;
    verdict text;
begin
    select x.* into s from public.sessions x where x.id = p_session for no key update;
    at := clock_timestamp(); -- now() may be from before the wait for the lock
    if s.id is null or s.revoked_at is not null or s.expires_at <= at or s.last_used_at <= at - interval '7 days'
       or not exists (select from public.accounts a where a.id = s.account_id and a.disabled_at is null) then
        verdict := 'invalid';
    elsif s.current_hash = p_hash then
        verdict := 'rotated';
        update public.sessions x
        set previous_hash = p_hash, current_hash = p_next, random = p_random, rotated_at = at, last_used_at = at
        where x.id = p_session;
        s.random := p_random;
    elsif s.previous_hash = p_hash and s.rotated_at >= at - interval '10 seconds' then
        verdict := 'grace';
    else
        verdict := 'reused';
        update public.sessions x set revoked_at = at, revoke_reason = 'reused' where x.id = p_session;
        perform saas_auth_api.note(s.org_id, s.user_id, 'session.reused', jsonb_build_object('session', s.id));
    end if;
    if verdict in ('rotated', 'grace') then
        return query select verdict, encode(s.random, 'hex'), u.id, u.org_id, u.role, u.email
                     from public.users u where u.id = s.user_id;
    else
        return query select verdict, null::text, s.user_id, s.org_id, null::text, null::text;
    end if;
end
$$;

-- Ends a session by a genuine refresh token of it; whether it was still going.
create function saas_auth_api.session_end(p_session uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.sessions s set revoked_at = now(), revoke_reason = 'logout'
    where s.id = p_session and s.revoked_at is null;
    return found;
end
$$;

-- ---- someone is signed in: p_actor, with the role its access token says ----

-- A member of the current organization. An unknown address gets an account with this password, which works at once; a
-- known one a membership that waits to be accepted. outcome: ok | exists | forbidden.
create function saas_auth_api.user_create(p_actor uuid, p_actor_role text, p_user uuid, p_account uuid, p_email text,
                                          p_password_hash text, p_role text) returns saas_auth_api.member
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.member;
    org constant uuid := public.saas_current_org();
    account uuid;
    known boolean := false;
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        result.outcome := 'forbidden';
        return result;
    elsif exists (select from public.users u
                  where u.org_id = org and lower(u.email collate "C") = lower(p_email collate "C")) then
        result.outcome := 'exists';
        return result;
    end if;
    insert into public.accounts (id, email, password_hash, home_org_id)
        values (p_account, p_email, p_password_hash, org)
        on conflict (lower(email collate "C")) do nothing returning id into account;
    if account is null then
        known := true;
        select a.id into account from public.accounts a
        where lower(a.email collate "C") = lower(p_email collate "C");
    end if;
    insert into public.users as u (id, org_id, account_id, email, role, accepted_at)
        values (p_user, org, account, p_email, p_role, case when known then null else now() end)
        on conflict do nothing
        returning 'ok', u.id, u.org_id, u.email, u.role, u.created_at, u.updated_at into result;
    if result.id is null then
        result.outcome := 'exists';
        return result;
    end if;
    perform saas_auth_api.note(org, p_actor, 'user.created', jsonb_build_object('user', p_user, 'role', p_role));
    return result;
end
$$;

-- outcome: ok | not_found | last_admin | forbidden.
create function saas_auth_api.user_set_role(p_actor uuid, p_actor_role text, p_user uuid, p_role text)
    returns saas_auth_api.member
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.member;
    org constant uuid := public.saas_current_org();
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        result.outcome := 'forbidden';
    elsif not exists (select from public.users u where u.id = p_user and u.org_id = org) then
        result.outcome := 'not_found';
    elsif p_role <> 'admin' and saas_auth_api.is_last_admin(p_user) then
        result.outcome := 'last_admin';
    else
        update public.users u set role = p_role where u.id = p_user and u.org_id = org
        returning 'ok', u.id, u.org_id, u.email, u.role, u.created_at, u.updated_at into result;
        perform saas_auth_api.note(org, p_actor, 'user.role_set', jsonb_build_object('user', p_user, 'role', p_role));
    end if;
    return result;
end
$$;

-- Ends the membership and its sessions. An account that never proved its address and is left without any membership
-- goes too, so that the address is free again. outcome: ok | not_found | last_admin | forbidden.
create function saas_auth_api.user_remove(p_actor uuid, p_actor_role text, p_user uuid) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    org constant uuid := public.saas_current_org();
    account uuid;
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        return 'forbidden';
    elsif not exists (select from public.users u where u.id = p_user and u.org_id = org) then
        return 'not_found';
    elsif saas_auth_api.is_last_admin(p_user) then
        return 'last_admin';
    end if;
    delete from public.users u where u.id = p_user and u.org_id = org returning u.account_id into account;
    delete from public.accounts a
    where a.id = account and a.verified_at is null and a.home_org_id = org
      and not exists (select from public.users u where u.account_id = account);
    perform saas_auth_api.note(org, p_actor, 'user.removed', jsonb_build_object('user', p_user));
    return 'ok';
end
$$;

-- The stored hash of whoever is signed in with a session that is still going; no row otherwise.
create function saas_auth_api.password_lookup(p_user uuid, p_session uuid)
    returns table (account_id uuid, password_hash text)
    language sql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
    select a.id, a.password_hash from public.sessions s join public.accounts a on a.id = s.account_id
    where s.id = p_session and s.user_id = p_user and s.org_id = public.saas_current_org() and s.revoked_at is null
      and a.disabled_at is null
$$;

-- A new password after the old one was verified against p_verified_hash; every other session of the account ends.
-- False: it has been changed meanwhile.
create function saas_auth_api.password_change(p_user uuid, p_session uuid, p_verified_hash text, p_new_hash text)
    returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    update public.accounts a set password_hash = p_new_hash
    where a.id = (select l.account_id from saas_auth_api.password_lookup(p_user, p_session) l)
      and a.password_hash = p_verified_hash
    returning a.id into account;
    if account is null then
        return false;
    end if;
    update public.sessions s set revoked_at = now(), revoke_reason = 'password'
    where s.account_id = account and s.id <> p_session and s.revoked_at is null;
    perform saas_auth_api.note(public.saas_current_org(), p_user, 'password.changed');
    return true;
end
$$;

-- The current organization with all that is in it, after the actor's password was verified against p_verified_hash.
-- Accounts that never proved their address and belong nowhere else go too. outcome: ok | invalid | forbidden.
create function saas_auth_api.organization_remove(p_actor uuid, p_actor_role text, p_session uuid,
                                                  p_verified_hash text) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    org constant uuid := public.saas_current_org();
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        return 'forbidden';
    elsif not exists (select from saas_auth_api.password_lookup(p_actor, p_session) l
                      where l.password_hash = p_verified_hash) then
        return 'invalid';
    end if;
    delete from public.accounts a
    where a.home_org_id = org and a.verified_at is null
      and not exists (select from public.users u where u.account_id = a.id and u.org_id <> org);
    delete from public.organizations o where o.id = org;
    perform saas_auth_api.note(null, p_actor, 'organization.removed', jsonb_build_object('organization', org));
    return 'ok';
end
$$;

-- ---- whose they are, and who may call them ----

-- Changing an owner needs CREATE on the schema for the new one, for that moment.
grant create on schema saas_auth_api to saas_auth;
do $$
declare
    f regprocedure;
begin
    for f in select p.oid from pg_proc p where p.pronamespace = 'saas_auth_api'::regnamespace loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s owner to saas_auth', f);
    end loop;
end
$$;
revoke create on schema saas_auth_api from saas_auth;

grant execute on function
    saas_auth_api.signup, saas_auth_api.login_lookup, saas_auth_api.session_create, saas_auth_api.session_refresh,
    saas_auth_api.session_end, saas_auth_api.user_create, saas_auth_api.user_set_role, saas_auth_api.user_remove,
    saas_auth_api.password_lookup, saas_auth_api.password_change, saas_auth_api.organization_remove
    to saas_app;
