-- Sessions of whoever is signed in: seen, ended, moved to another organization.

-- The account behind a session that is still going; null otherwise.
create function saas_auth_api.account_of(p_user uuid, p_session uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id from public.sessions s join public.accounts a on a.id = s.account_id
    where s.id = p_session and s.user_id = p_user and s.org_id = public.saas_current_org() and s.revoked_at is null
      and s.expires_at > now() and a.disabled_at is null
$$;

create function saas_auth_api.sessions_of(p_user uuid, p_session uuid)
    returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text, current boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.created_at, s.last_used_at, s.user_agent, s.ip, s.id = p_session
    from public.sessions s
    where s.account_id = saas_auth_api.account_of(p_user, p_session) and s.revoked_at is null and s.expires_at > now()
      and s.last_used_at > now() - interval '7 days'
$$;

-- Ends one session of the account, or with null all of them; how many have ended. null: the actor's own is over.
create function saas_auth_api.sessions_end(p_user uuid, p_session uuid, p_which uuid) returns integer
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
      and s.last_used_at > now() - interval '7 days' and (p_which is null or s.id = p_which);
    get diagnostics ended = row_count;
    if ended > 0 then
        perform saas_auth_api.note(public.saas_current_org(), p_user, 'session.revoked',
                                   jsonb_build_object('session', p_which));
    end if;
    return ended;
end
$$;

-- Where the account is a member and may work.
create function saas_auth_api.organizations_of(p_user uuid, p_session uuid)
    returns table (id uuid, name text, slug text, plan text, created_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.id, o.name, o.slug, o.plan, o.created_at
    from public.accounts a
    join public.users u on u.account_id = a.id
    join public.organizations o on o.id = u.org_id
    where a.id = saas_auth_api.account_of(p_user, p_session) and u.accepted_at is not null
      and (a.verified_at is not null or u.org_id = a.home_org_id)
$$;

-- Moves the session to another organization of the account; p_hash is of its new refresh token.
-- outcome: ok | not_found | unauthenticated.
create function saas_auth_api.session_switch(p_user uuid, p_session uuid, p_org uuid, p_hash bytea)
    returns saas_auth_api.identity
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.identity;
    account public.accounts;
    member uuid;
begin
    -- account before session, as everywhere
    perform from public.accounts a where a.id = saas_auth_api.account_of(p_user, p_session) for no key update;
    perform from public.sessions s where s.id = p_session for no key update;
    select a.* into account from public.accounts a where a.id = saas_auth_api.account_of(p_user, p_session);
    if not found then
        result.outcome := 'unauthenticated';
        return result;
    end if;
    select u.id into member from public.users u
    where u.account_id = account.id and u.org_id = p_org and u.accepted_at is not null
      and (account.verified_at is not null or u.org_id = account.home_org_id);
    if not found then
        result.outcome := 'not_found';
        return result;
    end if;
    update public.sessions s
    set org_id = p_org, user_id = member, previous_hash = s.current_hash, current_hash = p_hash, random = null,
        rotated_at = clock_timestamp(), last_used_at = clock_timestamp()
    where s.id = p_session;
    update public.accounts a set last_org_id = p_org where a.id = account.id and a.last_org_id is distinct from p_org;
    perform saas_auth_api.note(p_org, member, 'session.switched', jsonb_build_object('session', p_session));
    return saas_auth_api.identity_of(member);
end
$$;

-- As before, and: a switch makes a token that is no child of the one before. Whoever presents that one within the grace
-- has not got the new one (a lost answer) or overtakes it (a second tab): it gets a successor, which takes its place.
create or replace function saas_auth_api.session_refresh(p_session uuid, p_hash bytea, p_next bytea, p_random bytea)
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
        if s.random is null then
            update public.sessions x set current_hash = p_next, random = p_random, last_used_at = at
            where x.id = p_session;
            s.random := p_random;
        end if;
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
    saas_auth_api.account_of, saas_auth_api.sessions_of, saas_auth_api.sessions_end, saas_auth_api.organizations_of,
    saas_auth_api.session_switch
    to saas_app;
