-- Mail: what is to be sent, the tokens that went out in it (as hashes), and what they are good for: proving an address,
-- a forgotten password, another address, an invitation.
--
-- Functions write into the outbox in the transaction of what they do. A courier takes a mail together with the hash of a
-- token it has just made: the token itself is never in the database.

create table public.invitations (
    id         uuid primary key default gen_random_uuid(),
    org_id     uuid not null default public.saas_current_org() references public.organizations on delete cascade,
    email      text not null check (char_length(email) between 3 and 254),
    role       text not null check (role in ('admin', 'member', 'viewer')),
    expires_at timestamptz not null default now() + interval '7 days',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index invitations_org_email_key on public.invitations (org_id, lower(email collate "C"));
create index invitations_email_idx on public.invitations (lower(email collate "C"));
create index invitations_org_created_idx on public.invitations (org_id, created_at, id);
select public.saas_enable_tenant('public.invitations');
revoke insert, update, delete on public.invitations from saas_app;

create table public.outbox (
    id            bigint generated always as identity primary key,
    kind          text not null check (kind in ('verify', 'reset', 'email_change', 'email_change_notice',
                                                'password_changed', 'invitation', 'signup')),
    email         text not null,
    account_id    uuid references public.accounts on delete cascade,
    invitation_id uuid references public.invitations on delete cascade,
    details       jsonb not null default '{}',
    created_at    timestamptz not null default now(),
    due_at        timestamptz not null default now(), -- not before; put off while somebody tries
    attempts      integer not null default 0
);
create index outbox_due_idx on public.outbox (due_at, id);
create index outbox_email_idx on public.outbox (lower(email collate "C"));
create index outbox_account_idx on public.outbox (account_id);
create index outbox_invitation_idx on public.outbox (invitation_id);

create table public.mail_tokens (
    hash          bytea primary key check (octet_length(hash) = 32),
    kind          text not null,
    email         text not null, -- the address it was sent to, and proves
    account_id    uuid references public.accounts on delete cascade,
    invitation_id uuid references public.invitations on delete cascade,
    details       jsonb not null default '{}',
    expires_at    timestamptz not null
);
create index mail_tokens_account_idx on public.mail_tokens (account_id);
create index mail_tokens_invitation_idx on public.mail_tokens (invitation_id);
create index mail_tokens_expires_idx on public.mail_tokens (expires_at);

do $$
declare
    t regclass;
begin
    foreach t in array array['public.outbox', 'public.mail_tokens']::regclass[] loop
        execute format('alter table %s enable row level security', t);
        execute format('alter table %s force row level security', t);
    end loop;
    foreach t in array array['public.outbox', 'public.mail_tokens', 'public.invitations']::regclass[] loop
        execute format('create policy auth on %s to saas_auth using (true) with check (true)', t);
    end loop;
end
$$;
grant select, insert, update, delete on public.outbox, public.mail_tokens, public.invitations to saas_auth;
grant select on public.audit to saas_auth;

-- ---- for the functions below only ----

create function saas_auth_api.account_by_email(p_email text) returns uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id from public.accounts a where lower(a.email collate "C") = lower(p_email collate "C")
$$;

-- How long a kind's token is good for; null: it has none.
create function saas_auth_api.mail_lifetime(p_kind text) returns interval
    language sql immutable security definer set search_path = pg_catalog, pg_temp as $$
    select case when p_kind = 'invitation' then interval '7 days'
                when p_kind in ('verify', 'reset', 'email_change', 'signup') then interval '60 minutes' end
$$;

create function saas_auth_api.mail_put(p_kind text, p_email text, p_account uuid, p_invitation uuid default null,
                                       p_details jsonb default '{}') returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into public.outbox (kind, email, account_id, invitation_id, details)
        values (p_kind, p_email, p_account, p_invitation, p_details)
$$;

-- Every session of an account, but the given one.
create function saas_auth_api.sessions_revoke(p_account uuid, p_keep uuid, p_reason text) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    update public.sessions s set revoked_at = now(), revoke_reason = p_reason
    where s.account_id = p_account and s.id is distinct from p_keep and s.revoked_at is null
$$;

-- The password of an account was set by whoever has its mailbox, which proves the address: what was prepared before, by
-- whomever, is over.
create function saas_auth_api.account_take_over(p_account uuid, p_password_hash text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.accounts a
    set password_hash = p_password_hash, verified_at = coalesce(a.verified_at, now()) where a.id = p_account;
    perform saas_auth_api.sessions_revoke(p_account, null, 'password');
    delete from public.mail_tokens t where t.account_id = p_account;
    delete from public.outbox o where o.account_id = p_account;
end
$$;

-- ---- the courier ----

-- The next mail that is due, with p_hash as its token's; no row when there is none. It stays in the outbox, put off,
-- until mail_done. What has no addressee any more, or is too old, is forgotten on the way.
create function saas_auth_api.mail_take(p_hash bytea)
    returns table (id bigint, kind text, email text, organization text, new_email text, with_token boolean)
    language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
#variable_conflict use_column
declare
    m public.outbox;
    account public.accounts;
    lifetime interval;
    wanted boolean;
begin
    delete from public.mail_tokens t where t.hash in (select x.hash from public.mail_tokens x
                                                      where x.expires_at <= now() limit 100);
    loop
        select o.* into m from public.outbox o where o.due_at <= now() order by o.due_at, o.id limit 1
        for update skip locked;
        if not found then
            return;
        end if;
        lifetime := saas_auth_api.mail_lifetime(m.kind);
        select a.* into account from public.accounts a
        where a.id = coalesce(m.account_id, saas_auth_api.account_by_email(m.email));
        if m.kind = 'signup' and account.id is not null then
            lifetime := null; -- tells that there is an account
        end if;
        wanted := m.attempts < 8 and m.created_at > now() - coalesce(lifetime, interval '1 day') and case m.kind
            when 'verify' then account.verified_at is null and account.disabled_at is null and account.id is not null
            when 'reset' then account.disabled_at is null and account.id is not null
            when 'email_change' then account.disabled_at is null and account.id is not null
                and coalesce(saas_auth_api.account_by_email(m.email), account.id) = account.id
            else true end;
        -- whoever asks again and again fills nobody's mailbox
        if wanted and m.kind in ('verify', 'reset') then
            wanted := (select count(*) < 5 from public.mail_tokens t
                       where t.account_id = account.id and t.kind = m.kind and t.expires_at > now());
        end if;
        exit when wanted;
        delete from public.outbox o where o.id = m.id;
    end loop;
    update public.outbox o
    set attempts = m.attempts + 1, due_at = now() + interval '1 minute' * power(2, m.attempts) where o.id = m.id;
    if m.kind = 'invitation' then
        delete from public.mail_tokens t where t.invitation_id = m.invitation_id;
    end if;
    if lifetime is not null then
        insert into public.mail_tokens (hash, kind, email, account_id, invitation_id, details, expires_at)
            values (p_hash, m.kind, m.email, case when m.kind <> 'invitation' then account.id end, m.invitation_id,
                    m.details, m.created_at + lifetime);
    end if;
    return query select m.id, case when m.kind = 'signup' and lifetime is null then 'signup_known' else m.kind end,
        m.email, (select o.name from public.invitations i join public.organizations o on o.id = i.org_id
                  where i.id = m.invitation_id), m.details ->> 'new_email', lifetime is not null;
end
$$;

create function saas_auth_api.mail_done(p_id bigint) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from public.outbox o where o.id = p_id
$$;

-- ---- nobody is signed in ----

-- A mail of kind verify or reset to an address, whoever has it: who that is, if anybody, is found out when the mail is
-- taken, so that this costs the same for all.
create function saas_auth_api.mail_request(p_kind text, p_email text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_kind not in ('verify', 'reset') then
        raise exception 'mail_request: %', p_kind using errcode = 'invalid_parameter_value';
    end if;
    insert into public.outbox (kind, email)
        select p_kind, p_email
        where (select count(*) < 5 from public.outbox o
               where lower(o.email collate "C") = lower(p_email collate "C") and o.kind = p_kind);
end
$$;

-- A sign-up that waits for its mail, with everything it will take.
create function saas_auth_api.signup_request(p_org_name text, p_slug text, p_email text, p_password_hash text)
    returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into public.outbox (kind, email, details)
        select 'signup', p_email,
               jsonb_build_object('org_name', p_org_name, 'slug', p_slug, 'password_hash', p_password_hash)
        where (select count(*) < 5 from public.outbox o
               where lower(o.email collate "C") = lower(p_email collate "C") and o.kind = 'signup')
$$;

-- As before; and the address is to be proven.
create or replace function saas_auth_api.signup(p_account uuid, p_org uuid, p_user uuid, p_session uuid,
                                                p_org_name text, p_slug text, p_slug_free boolean, p_email text,
                                                p_password_hash text, p_hash bytea, p_user_agent text, p_ip text)
    returns saas_auth_api.identity
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
            if p_session is not null then
                insert into public.sessions (id, account_id, org_id, user_id, current_hash, user_agent, ip)
                    values (p_session, p_account, p_org, p_user, p_hash, p_user_agent, p_ip);
                perform saas_auth_api.mail_put('verify', p_email, p_account);
            end if;
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

-- Uses a token of kind verify (the account's address is proven), email_change (it has this address now) or signup (makes
-- account, organization and admin with the given ids). ok or invalid.
create function saas_auth_api.email_verify(p_hash bytea, p_account uuid, p_org uuid, p_user uuid) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    t public.mail_tokens;
    account public.accounts;
    made saas_auth_api.identity;
begin
    delete from public.mail_tokens x
    where x.hash = p_hash and x.kind in ('verify', 'email_change', 'signup') and x.expires_at > now()
    returning x.* into t;
    if not found then
        return 'invalid';
    end if;
    if t.kind = 'signup' then
        made := saas_auth_api.signup(p_account, p_org, p_user, null, t.details ->> 'org_name', t.details ->> 'slug',
                                     true, t.email, t.details ->> 'password_hash', null, null, null);
        if made.outcome <> 'ok' then
            return 'invalid';
        end if;
        update public.accounts a set verified_at = now() where a.id = p_account;
        return 'ok';
    end if;
    select a.* into account from public.accounts a where a.id = t.account_id and a.disabled_at is null
    for no key update;
    if not found then
        return 'invalid';
    elsif t.kind = 'verify' then
        if lower(account.email collate "C") <> lower(t.email collate "C") then
            return 'invalid';
        end if;
        update public.accounts a set verified_at = now() where a.id = account.id and a.verified_at is null;
    else
        begin
            update public.accounts a set email = t.email, verified_at = now() where a.id = account.id;
            update public.users u set email = t.email where u.account_id = account.id;
        exception when unique_violation then
            return 'invalid';
        end;
        perform saas_auth_api.mail_put('email_change_notice', account.email, account.id, null,
                                       jsonb_build_object('new_email', t.email));
        perform saas_auth_api.note(account.last_org_id, null, 'email.changed',
                                   jsonb_build_object('account', account.id));
    end if;
    delete from public.mail_tokens x where x.account_id = account.id and x.kind = t.kind;
    return 'ok';
end
$$;

create function saas_auth_api.password_reset_check(p_hash bytea) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from public.mail_tokens t
                   where t.hash = p_hash and t.kind = 'reset' and t.expires_at > now())
$$;

-- ok or invalid.
create function saas_auth_api.password_reset(p_hash bytea, p_password_hash text) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    t public.mail_tokens;
    account public.accounts;
begin
    delete from public.mail_tokens x where x.hash = p_hash and x.kind = 'reset' and x.expires_at > now()
    returning x.* into t;
    if not found then
        return 'invalid';
    end if;
    select a.* into account from public.accounts a
    where a.id = t.account_id and a.disabled_at is null and lower(a.email collate "C") = lower(t.email collate "C")
    for no key update;
    if not found then
        return 'invalid';
    end if;
    perform saas_auth_api.account_take_over(account.id, p_password_hash);
    perform saas_auth_api.mail_put('password_changed', account.email, account.id);
    perform saas_auth_api.note(account.last_org_id, null, 'password.reset',
                               jsonb_build_object('account', account.id));
    return 'ok';
end
$$;

-- ---- someone is signed in ----

-- As before; and the account's address is told.
create or replace function saas_auth_api.password_change(p_user uuid, p_session uuid, p_verified_hash text,
                                                         p_new_hash text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account public.accounts;
begin
    update public.accounts a set password_hash = p_new_hash
    where a.id = (select l.account_id from saas_auth_api.password_lookup(p_user, p_session) l)
      and a.password_hash = p_verified_hash
    returning a.* into account;
    if account.id is null then
        return false;
    end if;
    perform saas_auth_api.sessions_revoke(account.id, p_session, 'password');
    delete from public.mail_tokens t where t.account_id = account.id and t.kind in ('reset', 'email_change');
    perform saas_auth_api.mail_put('password_changed', account.email, account.id);
    perform saas_auth_api.note(public.saas_current_org(), p_user, 'password.changed');
    return true;
end
$$;

-- Another address, once it is confirmed; the present one is told. ok | invalid (the password was changed meanwhile).
create function saas_auth_api.email_change(p_user uuid, p_session uuid, p_verified_hash text, p_email text) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account public.accounts;
begin
    select a.* into account from public.accounts a
    where a.id = saas_auth_api.account_of(p_user, p_session) and a.password_hash = p_verified_hash for no key update;
    if not found then
        return 'invalid';
    end if;
    delete from public.mail_tokens t where t.account_id = account.id and t.kind = 'email_change';
    delete from public.outbox o where o.account_id = account.id and o.kind = 'email_change';
    perform saas_auth_api.mail_put('email_change', p_email, account.id);
    perform saas_auth_api.mail_put('email_change_notice', account.email, account.id, null,
                                   jsonb_build_object('new_email', p_email));
    perform saas_auth_api.note(public.saas_current_org(), p_user, 'email.change_requested');
    return 'ok';
end
$$;

-- ---- whose they are, and who may call them ----

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

grant execute on function
    saas_auth_api.mail_take, saas_auth_api.mail_done, saas_auth_api.mail_request, saas_auth_api.signup_request,
    saas_auth_api.email_verify, saas_auth_api.password_reset_check, saas_auth_api.password_reset,
    saas_auth_api.email_change
    to saas_app;
