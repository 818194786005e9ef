-- The roles of an installation; run by a superuser or a role with CREATEROLE, as often as one likes.
--
--   saas_owner  runs migrations and owns every table
--   saas_app    what the server logs in as: reads and writes tenant rows, owns nothing, is bound by every policy
--   saas_system what the program logs in as for the system scope, if it has one (SYSTEM_DATABASE_URL): reads or writes
--               all organizations' rows of the tables opened to it
--   saas_auth   owns the few functions that look behind the policies (sign-in); nobody logs in as it
--
-- No passwords: set them where clients come over TCP ("alter role saas_app password ..."); local sockets use peer.

-- Revoking what was never granted warns.
set client_min_messages = error;

do $$
declare
    name text;
begin
    foreach name in array array['saas_owner', 'saas_app', 'saas_system', 'saas_auth'] loop
        if not exists (select from pg_catalog.pg_roles r where r.rolname = name) then
            execute format('create role %I nologin', name);
        end if;
        -- Only a superuser may so much as say that a role is none: where there is none, it is not said.
        if exists (select from pg_catalog.pg_roles r where r.rolname = name
                   and (r.rolsuper or r.rolbypassrls or r.rolcreatedb or r.rolcreaterole or r.rolreplication)) then
            execute format('alter role %I nosuperuser nobypassrls nocreatedb nocreaterole noreplication', name);
        end if;
    end loop;
end
$$;

alter role saas_owner login;
alter role saas_app login;
alter role saas_system login;
alter role saas_auth nologin;

-- To give functions to saas_auth the owner must be its member. The server must never be.
grant saas_auth to saas_owner;
revoke saas_auth, saas_owner, saas_system from saas_app;
revoke saas_auth, saas_owner, saas_app from saas_system;

alter role saas_app set statement_timeout = '30s';
alter role saas_app set lock_timeout = '5s';
alter role saas_app set idle_in_transaction_session_timeout = '60s';
-- A temporary table stays on its connection, which organizations share: one made there must hide no table of theirs.
alter role saas_app set search_path = public, pg_temp;
alter role saas_app set timezone = 'UTC';
alter role saas_app set datestyle = 'ISO';
alter role saas_system set statement_timeout = '30s';
alter role saas_system set lock_timeout = '5s';
alter role saas_system set idle_in_transaction_session_timeout = '60s';
alter role saas_system set search_path = public, pg_temp;
alter role saas_system set timezone = 'UTC';
alter role saas_system set datestyle = 'ISO';
alter role saas_owner set lock_timeout = '5s';
-- What revokes tokens counts from its statement, with a minute to spare for whoever commits later.
alter role saas_owner set idle_in_transaction_session_timeout = '30s';
alter role saas_owner set timezone = 'UTC';
