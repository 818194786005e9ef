-- The system scope: what the program does for no organization in particular, as a role of its own. A table is opened to
-- it by name, with the rights it needs:
--
--   select saas_enable_system('invoices', 'select');

-- Lets saas_system do that much with every organization's rows of a table that saas_enable_tenant has bound. May be
-- repeated; what is not named is taken back.
create function public.saas_enable_system(t regclass, variadic privileges text[]) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    named text;
begin
    foreach named in array privileges loop
        if named is null or lower(named) not in ('select', 'insert', 'update', 'delete') then
            raise exception 'saas_enable_system: % is none of select, insert, update, delete', named
                using errcode = 'invalid_parameter_value';
        end if;
    end loop;
    if not exists (select from pg_class c where c.oid = t and c.relrowsecurity and c.relforcerowsecurity) then
        raise exception 'saas_enable_system: % is not bound by saas_enable_tenant', t
            using errcode = 'wrong_object_type';
    end if;
    if not exists (select from pg_policy p where p.polrelid = t and p.polname = 'system') then
        execute format('create policy system on %s to saas_system using (true) with check (true)', t);
    end if;
    execute format('revoke all on %s from saas_system', t);
    execute format('grant %s on %s to saas_system', array_to_string(privileges, ', '), t);
    grant execute on function public.saas_current_org() to saas_system;
end
$$;
revoke execute on function public.saas_enable_system(regclass, text[]) from public;
