-- Sessions that are over are forgotten when their account signs in again: what one account leaves behind stays bounded.
-- A week is kept for whoever looks into what happened; a token of a session that is gone is as invalid as one of a
-- session that is over.

create function saas_auth_api.forget_sessions() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from public.sessions s
    where s.account_id = new.account_id and s.id <> new.id
      and least(s.expires_at, s.last_used_at + interval '7 days', s.revoked_at) <= now() - interval '7 days';
    return null;
end
$$;
revoke execute on function saas_auth_api.forget_sessions() from public;

grant create on schema saas_auth_api to saas_auth;
alter function saas_auth_api.forget_sessions() owner to saas_auth;
revoke create on schema saas_auth_api from saas_auth;

create trigger forget_sessions after insert on public.sessions
    for each row execute function saas_auth_api.forget_sessions();
