-- Beyond the contract, and optional: what a city's own file says of an order where the contract has no column for it.
-- The extract reads these tables where they exist.

-- What the file says of "on time". role 'definition': the city keeps no closing time, its flag is all there is, and
-- H06 comes from it; 'beside': the contract's own definition can be computed, the claim is shown next to it.
create table if not exists hotline.order_claims (
    order_id text primary key, claimed_on_time boolean, claimed_at timestamp,
    role text not null check (role in ('definition', 'beside')), updated_at timestamp not null
);
-- What loading the file found; becomes rows of quality_findings. Columns as minhu.findings.Finding.
create table if not exists hotline.load_findings (
    rule_id text not null, severity text not null check (severity in ('block', 'warn', 'info')),
    table_name text not null, column_name text not null, rows_seen integer not null, rows_failed integer not null,
    sample_keys text not null, message text not null, period_from text not null, period_to text not null
);
-- Rows of the files that could not become orders, with what is known of the order each would have been: the gate weighs
-- them. Nothing else of a row is kept.
create table if not exists hotline.load_rejects (
    reject_id text primary key, file_name text not null, row_number integer not null, rule_id text not null,
    reason text not null, created_at timestamp, due_at timestamp, closed_at timestamp, community_code text,
    street_code text, unit_code text
);
create table if not exists hotline.load_files (
    file_name text primary key, rows_read integer not null, rows_left_out integer not null, rows_rejected integer not null
);
-- What the map says by which the files were read: figures that another one changes are told as restated.
create table if not exists hotline.load_map (map_sha256 text primary key);
