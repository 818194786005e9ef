-- Where accounts have been signed in to: whoever comes from there again is no stranger, and is not stopped by the wrong
-- guesses of others; whoever has the right password and comes from elsewhere is told of to the account's address. And
-- the audit trail has the request's id, and wrong guesses.

create table public.devices (
    account_id uuid not null references public.accounts on delete cascade,
    network    text not null, -- an IPv4 address, an IPv6 /64
    agent      text not null,
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),
    primary key (account_id, network, agent)
);
alter table public.devices enable row level security;
alter table public.devices force row level security;
create policy auth on public.devices to saas_auth using (true) with check (true);
grant select, insert, update, delete on public.devices to saas_auth;

alter table public.audit add column request_id text check (char_length(request_id) <= 63);

alter table public.outbox drop constraint outbox_kind_check;
alter table public.outbox add constraint outbox_kind_check
    check (kind in ('verify', 'reset', 'email_change', 'email_change_notice', 'password_changed', 'invitation', 'signup',
                    'new_login'));

-- ---- for the functions below only ----

-- As before, with the id of the request, which stands behind the app's name in application_name: its first 42 bytes.
create or replace function saas_auth_api.note(p_org uuid, p_actor uuid, p_event text, p_details jsonb default '{}')
    returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into public.audit (org_id, actor, event, details, request_id)
        values (p_org, p_actor, p_event, p_details, substring(current_setting('application_name') from ':([^:]*)$'))
$$;

-- What of an address stands for whoever has it: IPv4 also when it is mapped into IPv6. What is no address (a unix socket)
-- stands for itself.
create function saas_auth_api.network_of(p_ip text) returns text
    language plpgsql immutable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_ip !~ ':' then
        return p_ip;
    elsif p_ip ~* '^::ffff:[0-9.]+$' then
        return substr(p_ip, 8);
    end if;
    return text(network(set_masklen(p_ip::inet, 64)));
exception when invalid_text_representation then
    return p_ip;
end
$$;

-- An account is used from a device: whether it was not before. What has not been used for 180 days is forgotten, and of
-- many the oldest.
create function saas_auth_api.device_seen(p_account uuid, p_user_agent text, p_ip text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_new boolean;
begin
    insert into public.devices as d (account_id, network, agent)
        values (p_account, coalesce(saas_auth_api.network_of(p_ip), ''), coalesce(p_user_agent, ''))
        on conflict (account_id, network, agent) do update set seen_at = now()
        returning xmax = 0 into found_new;
    if found_new then
        delete from public.devices d where d.account_id = p_account
            and (d.seen_at < now() - interval '180 days' or (d.network, d.agent) in (
                 select x.network, x.agent from public.devices x where x.account_id = p_account
                 order by x.seen_at desc offset 50));
    end if;
    return found_new;
end
$$;

-- Each sign-in, however it came about, is in the audit trail; one from a device that is not known is told of. The first
-- one of all is no news.
create function saas_auth_api.session_made() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first constant boolean := not exists (select from public.devices d where d.account_id = new.account_id);
begin
    if saas_auth_api.device_seen(new.account_id, new.user_agent, new.ip) and not first then
        perform saas_auth_api.mail_put('new_login', (select a.email from public.accounts a where a.id = new.account_id),
                                       new.account_id);
    end if;
    perform saas_auth_api.note(new.org_id, new.user_id, 'session.created',
                               jsonb_build_object('session', new.id, 'ip', new.ip));
    return null;
end
$$;

-- As before; and what it was used from is forgotten.
create or replace function saas_auth_api.account_take_over(p_account uuid, p_password_hash text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.accounts a
    set password_hash = p_password_hash, verified_at = coalesce(a.verified_at, now()) where a.id = p_account;
    perform saas_auth_api.sessions_revoke(p_account, null, 'password');
    delete from public.mail_tokens t where t.account_id = p_account;
    delete from public.outbox o where o.account_id = p_account;
    delete from public.devices d where d.account_id = p_account;
end
$$;

-- ---- nobody is signed in ----

-- What a password is checked against, and how well the account knows where the request comes from: network null: not at
-- all; agent null: another one than before. No row for an address that can't sign in.
create function saas_auth_api.login_lookup(p_email text, p_user_agent text, p_ip text)
    returns table (account_id uuid, password_hash text, network text, agent text)
    language sql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
    select a.id, a.password_hash, min(d.network), min(d.agent) filter (where d.agent = coalesce(p_user_agent, ''))
    from public.accounts a
    left join public.devices d on d.account_id = a.id and d.network = coalesce(saas_auth_api.network_of(p_ip), '')
        and d.seen_at > now() - interval '180 days'
    where lower(a.email collate "C") = lower(p_email collate "C") and a.disabled_at is null
      and a.password_hash is not null
    group by a.id
$$;

-- A guess at an account's password that was wrong, or not looked at: the same work whether there is one or not.
create function saas_auth_api.login_note(p_email text, p_event text, p_ip text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account public.accounts;
begin
    if p_event not in ('login.failed', 'login.throttled') then
        raise exception 'login_note: %', p_event using errcode = 'invalid_parameter_value';
    end if;
    select a.* into account from public.accounts a where a.id = saas_auth_api.account_by_email(p_email);
    perform saas_auth_api.note(account.last_org_id, null, p_event,
                               jsonb_build_object('account', account.id, 'ip', p_ip));
end
$$;

-- As before; and where it was done is known from then on.
create function saas_auth_api.password_reset(p_hash bytea, p_password_hash text, p_user_agent text, p_ip text) returns text
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
    perform saas_auth_api.device_seen(account.id, p_user_agent, p_ip);
    perform saas_auth_api.mail_put('password_changed', account.email, account.id);
    perform saas_auth_api.note(account.last_org_id, null, 'password.reset',
                               jsonb_build_object('account', account.id));
    return 'ok';
end
$$;

-- ---- someone is signed in ----

-- What a member tried in vain.
create function saas_auth_api.member_note(p_actor uuid, p_event text, p_details jsonb) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_event not in ('password.failed', 'password.throttled', 'access.denied') then
        raise exception 'member_note: %', p_event using errcode = 'invalid_parameter_value';
    end if;
    perform saas_auth_api.note(public.saas_current_org(), p_actor, p_event, p_details);
end
$$;

-- ---- whose they are, and who may call them ----

-- login_lookup(text) and password_reset(bytea, text) stay for servers of the version before, while they are replaced.

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
    saas_auth_api.login_lookup(text, text, text), saas_auth_api.login_note,
    saas_auth_api.password_reset(bytea, text, text, text), saas_auth_api.member_note
    to saas_app;

create trigger session_made after insert on public.sessions
    for each row execute function saas_auth_api.session_made();
