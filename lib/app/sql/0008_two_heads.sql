-- A switch's token stays good when a second tab, holding the one before, refreshes within the grace.

-- The token of a switch that a refresh of the one before has overtaken: whichever of the two is used next goes on.
alter table public.sessions add column overtaken_hash bytea check (octet_length(overtaken_hash) = 32);

-- As before, and: overtaking keeps the switch's token until one of the two is used.
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
        return query select verdict, encode(s.random, 'hex'), u.id, u.org_id, u.role, u.email
                     from public.users u where u.id = s.user_id;
    else
        return query select verdict, null::text, s.user_id, s.org_id, null::text, null::text;
    end if;
end
$$;

-- As before; and an account goes too when the organization that made it has gone before: its address would be taken for
-- ever otherwise.
create or replace function saas_auth_api.user_remove(p_actor uuid, p_actor_role text, p_user uuid) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    org constant uuid := public.saas_current_org();
    removed public.users;
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        return 'forbidden';
    elsif not exists (select from public.users u where u.id = p_user and u.org_id = org) then
        return 'not_found';
    elsif saas_auth_api.is_last_admin(p_user) then
        return 'last_admin';
    end if;
    delete from public.users u where u.id = p_user and u.org_id = org returning u.* into removed;
    delete from public.accounts a
    where a.id = removed.account_id and a.verified_at is null and (a.home_org_id = org or a.home_org_id is null)
      and not exists (select from public.users u where u.account_id = removed.account_id);
    delete from public.invitations i
    where i.org_id = org and lower(i.email collate "C") = lower(removed.email collate "C");
    perform saas_auth_api.note(org, p_actor, 'user.removed', jsonb_build_object('user', p_user));
    return 'ok';
end
$$;
