-- Answers of requests that carried an Idempotency-Key, kept for 24 hours. Neither keys nor bodies are kept, but MACs of
-- them under a key of the server. reply is null where the answer held a secret.
create table public.saas_idempotency (
    org_id     uuid not null default public.saas_current_org() references public.organizations on delete cascade,
    key_mac    text not null collate "C",
    user_id    uuid not null,
    body_mac   text not null collate "C",
    status     integer not null,
    reply      text,
    headers    text not null,
    created_at timestamptz not null default now(),
    primary key (org_id, key_mac)
);
create index on public.saas_idempotency (org_id, created_at);
select public.saas_enable_tenant('public.saas_idempotency');
