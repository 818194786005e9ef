-- Projects of an organization. saas_enable_tenant brings row-level security, grants and the index led by org_id.
create table projects (
    org_id uuid not null default saas_current_org() references organizations on delete cascade,
    id uuid not null default gen_random_uuid(),
    name text not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id)
);

select saas_enable_tenant('projects');

create index projects_created on projects (org_id, created_at desc, id desc);
create index projects_name on projects (org_id, name, id);
