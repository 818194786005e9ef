-- Invitations, and what is left of an account: its export and its end.

create type saas_auth_api.invitation as (
    outcome text,
    id uuid, org_id uuid, email text, role text, created_at timestamptz, expires_at timestamptz
);

-- What an invitation needs of whoever comes with its token: no row when it is not valid. account_id null: there is no
-- account; without a hash of a verified one's password it is to be given a new one.
create function saas_auth_api.invitation_lookup(p_hash bytea)
    returns table (account_id uuid, verified boolean, password_hash text)
    language sql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
    select a.id, coalesce(a.verified_at is not null, false), a.password_hash
    from public.mail_tokens t
    join public.invitations i on i.id = t.invitation_id
    left join public.accounts a on a.id = saas_auth_api.account_by_email(i.email)
    where t.hash = p_hash and t.kind = 'invitation' and t.expires_at > now() and i.expires_at > now()
      and a.disabled_at is null
$$;

-- Accepts: an unknown address gets an account with p_new_hash, and so does an account that never proved its address, which
-- ends its sessions; a verified one comes with its own password (p_verified_hash) or signed in (p_as, p_as_session).
-- Then a session in that organization. outcome: ok | invalid (nothing is used up).
create function saas_auth_api.invitation_accept(p_hash bytea, p_account uuid, p_user uuid, p_new_hash text,
                                                p_verified_hash text, p_as uuid, p_as_session uuid, p_session uuid,
                                                p_refresh_hash bytea, p_user_agent text, p_ip text)
    returns saas_auth_api.identity
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.identity;
    i public.invitations;
    account public.accounts;
    member uuid;
begin
    result.outcome := 'invalid';
    -- the organization first, as where members change
    perform from public.organizations o
    where o.id = (select x.org_id from public.mail_tokens t join public.invitations x on x.id = t.invitation_id
                  where t.hash = p_hash)
    for no key update;
    select x.* into i from public.mail_tokens t join public.invitations x on x.id = t.invitation_id
    where t.hash = p_hash and t.kind = 'invitation' and t.expires_at > now() and x.expires_at > now()
    for no key update of x;
    if not found then
        return result;
    end if;
    select a.* into account from public.accounts a where a.id = saas_auth_api.account_by_email(i.email)
    for no key update;
    if not found then
        if p_new_hash is null then
            return result;
        end if;
        insert into public.accounts (id, email, password_hash, verified_at, home_org_id)
            values (p_account, i.email, p_new_hash, now(), i.org_id)
            on conflict (lower(email collate "C")) do nothing returning * into account;
        if not found then
            return result;
        end if;
    elsif account.disabled_at is not null then
        return result;
    elsif account.verified_at is null then
        if p_new_hash is null then
            return result;
        end if;
        perform saas_auth_api.account_take_over(account.id, p_new_hash);
    elsif account.password_hash is distinct from p_verified_hash
          and not exists (select from public.sessions s
                          where s.id = p_as_session and s.user_id = p_as and s.account_id = account.id
                            and s.revoked_at is null and s.expires_at > now()) then
        return result;
    end if;
    insert into public.users as u (id, org_id, account_id, email, role, accepted_at)
        values (p_user, i.org_id, account.id, account.email, i.role, now())
        on conflict on constraint users_org_account_key do update set accepted_at = coalesce(u.accepted_at, now())
        returning u.id into member;
    update public.accounts a set last_org_id = i.org_id where a.id = account.id;
    delete from public.invitations x where x.id = i.id;
    insert into public.sessions (id, account_id, org_id, user_id, current_hash, user_agent, ip)
        values (p_session, account.id, i.org_id, member, p_refresh_hash, p_user_agent, p_ip);
    perform saas_auth_api.note(i.org_id, member, 'invitation.accepted', jsonb_build_object('invitation', i.id));
    return saas_auth_api.identity_of(member);
end
$$;

-- ---- someone is signed in ----

-- An invitation, or the one that this address has already, anew. outcome: ok | exists (a member) | forbidden.
create function saas_auth_api.invitation_create(p_actor uuid, p_actor_role text, p_id uuid, p_email text, p_role text)
    returns saas_auth_api.invitation
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.invitation;
    org constant uuid := public.saas_current_org();
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        result.outcome := 'forbidden';
        return result;
    elsif exists (select from public.users u where u.org_id = org and u.accepted_at is not null
                    and (lower(u.email collate "C") = lower(p_email collate "C"))) then
        result.outcome := 'exists';
        return result;
    end if;
    insert into public.invitations as i (id, org_id, email, role) values (p_id, org, p_email, p_role)
        on conflict (org_id, lower(email collate "C")) do update
        set role = excluded.role, expires_at = now() + interval '7 days'
        returning 'ok', i.id, i.org_id, i.email, i.role, i.created_at, i.expires_at into result;
    update public.users u set role = p_role
    where u.org_id = org and u.accepted_at is null and lower(u.email collate "C") = lower(p_email collate "C");
    perform saas_auth_api.mail_put('invitation', result.email, null, result.id);
    perform saas_auth_api.note(org, p_actor, 'invitation.created',
                               jsonb_build_object('invitation', result.id, 'role', p_role));
    return result;
end
$$;

-- Good for another seven days, with a new token; the one before is void. outcome: ok | not_found | forbidden.
create function saas_auth_api.invitation_resend(p_actor uuid, p_actor_role text, p_id uuid)
    returns saas_auth_api.invitation
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.invitation;
    org constant uuid := public.saas_current_org();
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        result.outcome := 'forbidden';
        return result;
    end if;
    update public.invitations i set expires_at = now() + interval '7 days' where i.id = p_id and i.org_id = org
    returning 'ok', i.id, i.org_id, i.email, i.role, i.created_at, i.expires_at into result;
    if not found then
        result.outcome := 'not_found';
        return result;
    end if;
    if not exists (select from public.outbox o where o.invitation_id = p_id) then
        perform saas_auth_api.mail_put('invitation', result.email, null, p_id);
    end if;
    perform saas_auth_api.note(org, p_actor, 'invitation.resent', jsonb_build_object('invitation', p_id));
    return result;
end
$$;

-- The membership that waited for it goes too. ok | not_found | forbidden.
create function saas_auth_api.invitation_cancel(p_actor uuid, p_actor_role text, p_id uuid) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    org constant uuid := public.saas_current_org();
    address text;
begin
    if not saas_auth_api.lock_members(p_actor, p_actor_role) then
        return 'forbidden';
    end if;
    delete from public.invitations i where i.id = p_id and i.org_id = org returning i.email into address;
    if not found then
        return 'not_found';
    end if;
    delete from public.users u
    where u.org_id = org and u.accepted_at is null and lower(u.email collate "C") = lower(address collate "C");
    perform saas_auth_api.note(org, p_actor, 'invitation.cancelled', jsonb_build_object('invitation', p_id));
    return 'ok';
end
$$;

-- As before; and an unknown address is to be proven, a known one's membership waits for an invitation to be accepted.
create or replace function saas_auth_api.user_create(p_actor uuid, p_actor_role text, p_user uuid, p_account uuid,
                                                     p_email text, p_password_hash text, p_role text)
    returns saas_auth_api.member
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    result saas_auth_api.member;
    org constant uuid := public.saas_current_org();
    account uuid;
    invitation uuid;
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
        account := saas_auth_api.account_by_email(p_email);
    end if;
    insert into public.users as u (id, org_id, account_id, email, role, accepted_at)
        values (p_user, org, account, p_email, p_role, case when known then null else now() end)
        on conflict do nothing
        returning 'ok', u.id, u.org_id, u.email, u.role, u.created_at, u.updated_at into result;
    if result.id is null then
        result.outcome := 'exists';
        return result;
    end if;
    if known then
        insert into public.invitations as i (org_id, email, role) values (org, p_email, p_role)
            on conflict (org_id, lower(email collate "C")) do update
            set role = excluded.role, expires_at = now() + interval '7 days' returning i.id into invitation;
        perform saas_auth_api.mail_put('invitation', p_email, null, invitation);
    else
        delete from public.invitations i
        where i.org_id = org and lower(i.email collate "C") = lower(p_email collate "C");
        perform saas_auth_api.mail_put('verify', p_email, account);
    end if;
    perform saas_auth_api.note(org, p_actor, 'user.created', jsonb_build_object('user', p_user, 'role', p_role));
    return result;
end
$$;

-- As before; and an invitation that the membership waited for is void.
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
    where a.id = removed.account_id and a.verified_at is null and a.home_org_id = org
      and not exists (select from public.users u where u.account_id = removed.account_id);
    delete from public.invitations i
    where i.org_id = org and lower(i.email collate "C") = lower(removed.email collate "C");
    perform saas_auth_api.note(org, p_actor, 'user.removed', jsonb_build_object('user', p_user));
    return 'ok';
end
$$;

create function saas_auth_api.iso(p_time timestamptz) returns text
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- What is stored about the account; null: its session is over.
create function saas_auth_api.account_export(p_user uuid, p_session uuid) returns jsonb
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'account', jsonb_build_object('id', a.id, 'email', a.email, 'verifiedAt', saas_auth_api.iso(a.verified_at),
                                      'createdAt', saas_auth_api.iso(a.created_at), 'updatedAt', saas_auth_api.iso(a.updated_at)),
        'users', (select coalesce(jsonb_agg(jsonb_build_object(
                      'id', u.id, 'orgId', u.org_id, 'organization', o.name, 'email', u.email, 'role', u.role,
                      'acceptedAt', saas_auth_api.iso(u.accepted_at), 'createdAt', saas_auth_api.iso(u.created_at), 'updatedAt', saas_auth_api.iso(u.updated_at))
                      order by u.created_at), '[]')
                  from public.users u join public.organizations o on o.id = u.org_id where u.account_id = a.id),
        'sessions', (select coalesce(jsonb_agg(jsonb_build_object(
                         'id', s.id, 'orgId', s.org_id, 'createdAt', saas_auth_api.iso(s.created_at), 'lastUsedAt', saas_auth_api.iso(s.last_used_at),
                         'expiresAt', saas_auth_api.iso(s.expires_at), 'revokedAt', saas_auth_api.iso(s.revoked_at), 'revokeReason', s.revoke_reason,
                         'userAgent', s.user_agent, 'ip', s.ip) order by s.created_at), '[]')
                     from public.sessions s where s.account_id = a.id),
        'invitations', (select coalesce(jsonb_agg(jsonb_build_object(
                            'orgId', i.org_id, 'email', i.email, 'role', i.role, 'createdAt', saas_auth_api.iso(i.created_at),
                            'expiresAt', saas_auth_api.iso(i.expires_at))), '[]')
                        from public.invitations i
                        where lower(i.email collate "C") = lower(a.email collate "C") and a.verified_at is not null),
        'audit', (select coalesce(jsonb_agg(jsonb_build_object(
                      'orgId', e.org_id, 'event', e.event, 'details', e.details, 'createdAt', saas_auth_api.iso(e.at)) order by e.id), '[]')
                  from public.users u join public.audit e on e.org_id = u.org_id and e.actor = u.id
                  where u.account_id = a.id))
    from public.accounts a where a.id = saas_auth_api.account_of(p_user, p_session)
$$;

-- The account with all it is a member as, after its password was verified against p_verified_hash. An organization of
-- which nobody else is a member goes with it. ok | invalid | last_admin.
create function saas_auth_api.account_remove(p_user uuid, p_session uuid, p_verified_hash text) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account public.accounts;
    member public.users;
    alone uuid[] := '{}';
begin
    -- organizations before accounts, as where members change
    perform from public.organizations o
    where o.id in (select u.org_id from public.users u
                   where u.account_id = saas_auth_api.account_of(p_user, p_session))
    order by o.id for no key update;
    select a.* into account from public.accounts a
    where a.id = saas_auth_api.account_of(p_user, p_session) and a.password_hash = p_verified_hash for update;
    if not found then
        return 'invalid';
    end if;
    for member in select u.* from public.users u where u.account_id = account.id and u.accepted_at is not null loop
        if not exists (select from public.users u where u.org_id = member.org_id and u.account_id <> account.id
                         and u.accepted_at is not null) then
            alone := alone || member.org_id;
        elsif member.role = 'admin' and not exists (
              select from public.users u join public.accounts a on a.id = u.account_id
              where u.org_id = member.org_id and u.account_id <> account.id and u.role = 'admin'
                and u.accepted_at is not null and a.disabled_at is null) then
            return 'last_admin';
        end if;
    end loop;
    delete from public.accounts a where a.id = account.id;
    delete from public.organizations o where o.id = any (alone);
    delete from public.outbox o where o.account_id is null
      and lower(o.email collate "C") = lower(account.email collate "C");
    perform saas_auth_api.note(null, p_user, 'account.removed', jsonb_build_object('account', account.id));
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
    saas_auth_api.invitation_lookup, saas_auth_api.invitation_accept, saas_auth_api.invitation_create,
    saas_auth_api.invitation_resend, saas_auth_api.invitation_cancel, saas_auth_api.account_export,
    saas_auth_api.account_remove
    to saas_app;
