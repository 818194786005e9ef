-- How long sessions live is a setting of the server that makes them; and more of what happens to accounts is in the audit
-- trail.

-- For how long a session may be left unused, beside expires_at, its end in any case.
alter table public.sessions add column idle interval not null default interval '7 days';

-- ---- for the functions below only ----

-- As the server has said for this transaction, if it has.
create function saas_auth_api.session_lives() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    said constant text[] := string_to_array(nullif(current_setting('app.session_lifetimes', true), ''), ' ');
begin
    if said is not null then
        new.idle := make_interval(secs => said[1]::double precision);
        new.expires_at := now() + make_interval(secs => said[2]::double precision);
    end if;
    return new;
end
$$;

-- As before, with each session's own idle time.
create or replace function saas_auth_api.forget_sessions() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from public.sessions s
    where s.account_id = new.account_id and s.id <> new.id
      and least(s.expires_at, s.last_used_at + s.idle, s.revoked_at) <= now() - interval '7 days';
    return null;
end
$$;

-- ---- nobody is signed in ----

-- The id of a session that is about to be made in this transaction, and for how many seconds it may be unused and live.
create function saas_auth_api.session_of(p_session uuid, p_idle bigint, p_lifetime bigint) returns uuid
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('app.session_lifetimes', p_idle || ' ' || p_lifetime, true);
    return p_session;
end
$$;

-- As before, with each session's own idle time.
create or replace function saas_auth_api.session_refresh(p_session uuid, p_hash bytea, p_next bytea, p_random bytea)
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
    if s.id is null or s.revoked_at is not null or s.expires_at <= at or s.last_used_at <= at - s.idle
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

-- As before, and it is written down.
create or replace function saas_auth_api.session_end(p_session uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    ended public.sessions;
begin
    update public.sessions s set revoked_at = now(), revoke_reason = 'logout'
    where s.id = p_session and s.revoked_at is null
    returning s.* into ended;
    if ended.id is null then
        return false;
    end if;
    perform saas_auth_api.note(ended.org_id, ended.user_id, 'session.ended', jsonb_build_object('session', ended.id));
    return true;
end
$$;

-- As before, and that an address was proven is written down.
create or replace function saas_auth_api.email_verify(p_hash bytea, p_account uuid, p_org uuid, p_user uuid) returns text
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
        perform saas_auth_api.note(p_org, null, 'email.verified', jsonb_build_object('account', p_account));
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
        perform saas_auth_api.note(account.last_org_id, null, 'email.verified',
                                   jsonb_build_object('account', account.id));
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

-- ---- someone is signed in ----

-- As before, with each session's own idle time.
create or replace function saas_auth_api.sessions_of(p_user uuid, p_session uuid)
    returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text, current boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.created_at, s.last_used_at, s.user_agent, s.ip, s.id = p_session
    from public.sessions s
    where s.account_id = saas_auth_api.account_of(p_user, p_session) and s.revoked_at is null and s.expires_at > now()
      and s.last_used_at > now() - s.idle
$$;

create or replace function saas_auth_api.sessions_end(p_user uuid, p_session uuid, p_which uuid) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account constant uuid := saas_auth_api.account_of(p_user, p_session);
    ended integer;
begin
    if account is null then
        return null;
    end if;
    update public.sessions s
    set revoked_at = now(), revoke_reason = case when p_which is null then 'logout_all' else 'revoked' end
    where s.account_id = account and s.revoked_at is null and s.expires_at > now()
      and s.last_used_at > now() - s.idle and (p_which is null or s.id = p_which);
    get diagnostics ended = row_count;
    if ended > 0 then
        perform saas_auth_api.note(public.saas_current_org(), p_user, 'session.revoked',
                                   jsonb_build_object('session', p_which));
    end if;
    return ended;
end
$$;

-- Where the account was used from, for its export.
create function saas_auth_api.devices_of(p_user uuid, p_session uuid) returns jsonb
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object('network', d.network, 'userAgent', d.agent,
                                                 'createdAt', saas_auth_api.iso(d.created_at),
                                                 'seenAt', saas_auth_api.iso(d.seen_at)) order by d.created_at), '[]')
    from public.devices d where d.account_id = saas_auth_api.account_of(p_user, p_session)
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

grant execute on function saas_auth_api.session_of, saas_auth_api.devices_of to saas_app;

create trigger session_lives before insert on public.sessions
    for each row execute function saas_auth_api.session_lives();
