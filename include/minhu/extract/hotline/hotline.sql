-- The hotline's schema as the contract of sources has it. The simulator and `minhu load-orders` fill it; a real city
-- has its own. Times are local to the city, without an offset. Fields marked personal never leave the extract.
create schema if not exists hotline;

create table if not exists hotline.places (
    place_code text primary key, name text not null,
    level text not null check (level in ('city', 'district', 'street', 'community')),
    parent_code text, resident_count integer, valid_from date, valid_to date, successor_code text
);
create table if not exists hotline.units (
    unit_code text primary key, name text not null,
    kind text not null check (kind in ('department', 'district_bureau', 'street', 'company')),
    place_code text, parent_code text, valid_from date, valid_to date
);
create table if not exists hotline.categories (
    category_code text primary key, name text not null, parent_code text, theme text
);
create table if not exists hotline.calls (
    call_id text primary key, direction text not null, caller_phone text /* personal */, offered_at timestamp,
    answered_at timestamp, ended_at timestamp, agent_id text /* personal */, updated_at timestamp not null
);
create table if not exists hotline.work_orders (
    order_id text primary key, created_at timestamp, channel text, demand_type text, category_code text, tier text,
    assessment_scope text, caller_name text /* personal */, caller_phone text /* personal */,
    address text /* personal */, lon double precision /* personal */, lat double precision /* personal */,
    content text /* personal */, community_code text, street_code text, unit_code text, parent_order_id text,
    due_at timestamp, replied_at timestamp, closed_at timestamp, closure_code text, status text,
    updated_at timestamp not null
);
create table if not exists hotline.order_events (
    event_id text primary key, order_id text not null, event_type text not null, occurred_at timestamp not null,
    recorded_at timestamp not null, unit_code text, from_value text, to_value text
);
create table if not exists hotline.callbacks (
    callback_id text primary key, order_id text not null, attempt_no integer not null, called_at timestamp not null,
    interviewer_id text /* personal */, reached boolean, is_valid boolean, invalid_reason text, contacted boolean,
    resolved boolean, satisfaction text, recorded_at timestamp not null
);
create index if not exists calls_updated_at on hotline.calls (updated_at);
create index if not exists work_orders_updated_at on hotline.work_orders (updated_at);
create index if not exists order_events_recorded_at on hotline.order_events (recorded_at);
create index if not exists callbacks_recorded_at on hotline.callbacks (recorded_at);
