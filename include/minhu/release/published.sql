-- The published releases in PostgreSQL. Safe to run again; run in one transaction, under the publisher's lock.
--
-- published_store   what is kept: a row version per changed cell, valid from one release until before another
-- published         what readers see: views through one pointer row
--
-- Per published table <t>, published_versions.py adds published_store.<t>_versions (in two partitions, <t>_open and <t>_closed),
-- published_tables.py published.<t>, published.<t>_history and the function published.<t>_at(release_no), published_star.py the
-- views for BI.

create schema if not exists published_store;
create schema if not exists published;

create table if not exists published_store.installed (
    singleton boolean primary key default true check (singleton),
    schema_sha256 text not null
);

-- views of the star and the digest of what made them; null before the first release
alter table published_store.installed add column if not exists star_views text[];
alter table published_store.installed add column if not exists star_sha256 text;

create table if not exists published_store.releases (
    release_no bigint primary key,                 -- order in which this database came to know them, no gaps relied on
    release_id text not null unique,
    city text not null,
    business_date date not null,
    as_of timestamp not null,                      -- UTC
    manifest_sha256 text not null,
    files jsonb not null,                          -- {file name: sha256}: what need not be read again
    is_purged boolean not null default false
);

create table if not exists published_store.current_release (
    singleton boolean primary key default true check (singleton),
    release_no bigint not null references published_store.releases (release_no)
);

create table if not exists published_store.ledger_events (
    line_sha256 text primary key,
    kind text not null,
    release_id text not null
);

create table if not exists published_store.sign_offs (
    release_id text primary key,
    signed_off_by text not null,
    signed_off_on date not null                    -- local day of the city
);

create table if not exists published_store.versioned_tables (
    table_name text primary key
);
-- the contract by which its comments, key and indexes were made; null for a table of before there was one
alter table published_store.versioned_tables add column if not exists contract_sha256 text;

create or replace view published.releases as
select
    known.release_no,
    known.release_id,
    known.city,
    known.business_date,
    known.as_of,
    known.manifest_sha256,
    known.is_purged,
    pointer.release_no is not null as is_current,
    sign_off.signed_off_by,
    sign_off.signed_off_on
from published_store.releases as known
left join published_store.current_release as pointer on known.release_no = pointer.release_no
left join published_store.sign_offs as sign_off on known.release_id = sign_off.release_id;

comment on view published.releases is
'One row per release. A purged one can be read again after `minhu rollback`, from its folder. signed_off_by and '
'signed_off_on: who approved it and when (签发人、签发日期); null: nobody did (未签发).';

-- A past release, or an error that says why it cannot be read: empty would look like an answer.
create or replace function published.readable_release(wanted bigint)
returns setof published.releases
language plpgsql stable
as $$
begin
    return query select known.* from published.releases as known where known.release_no = wanted and not known.is_purged;
    if not found then
        raise exception 'release number % cannot be read: it is unknown or its cells were purged here', wanted
            using hint = 'See published.releases for the numbers. A purged release is still in its release folder.';
    end if;
end
$$;

-- Figures of finished periods as they were known at the end of a night, beside those of the current release. From the log
-- of restatements: what stood before the first change after that night, else what stands now. What was not published by
-- then, or is older than the log, is left away; a night before the log is an error, for empty would look like an answer.
create or replace function published.kpi_known(night date)
returns table (
    kpi_id text, variant text, unit_type text, unit_code text, period_type text, period_start date, period_end date,
    caliber text, numerator numeric, denominator numeric, value double precision, verdict text, rule_id text,
    contract_version text, numerator_now numeric, denominator_now numeric, value_now double precision, verdict_now text,
    rule_id_now text, changed_on date, causes text
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with changes as (
        select distinct on (
            log.kpi_id, log.variant, log.unit_type, log.unit_code, log.period_type, log.period_start, log.caliber
        ) log.*
        from published.kpi_restatements as log
        where log.business_date > night
        order by
            log.kpi_id, log.variant, log.unit_type, log.unit_code, log.period_type, log.period_start, log.caliber,
            log.business_date
    ),
    cells as (
        select
            shown.*,
            case when shown.verdict not in ('SUPPRESSED', 'WITHHELD') then shown.denominator end as open_denominator
        from published.kpi_results as shown
        -- a period without its first days is provisional for good; below it has to be over, as any other
        where not shown.is_provisional or not shown.is_covered
    ),
    paired as (
        select
            key.*,
            coalesce(cells.period_end, changes.period_end) as period_end,
            cells.numerator as numerator_now, cells.open_denominator as denominator_now, cells.value as value_now,
            cells.verdict as verdict_now, cells.rule_id as rule_id_now, cells.contract_version as contract_version_now,
            changes.business_date as changed_on, changes.causes, changes.numerator_before, changes.denominator_before,
            changes.value_before, changes.verdict_before, changes.rule_id_before, changes.contract_version_before
        from cells
        full join changes using (kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber)
        cross join lateral (
            select kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber
        ) as key
    )
    select
        paired.kpi_id, paired.variant, paired.unit_type, paired.unit_code, paired.period_type, paired.period_start,
        paired.period_end, paired.caliber,
        case when paired.changed_on is null then paired.numerator_now else paired.numerator_before end,
        case when paired.changed_on is null then paired.denominator_now else paired.denominator_before end,
        case when paired.changed_on is null then paired.value_now else paired.value_before end,
        case when paired.changed_on is null then paired.verdict_now else paired.verdict_before end,
        case when paired.changed_on is null then paired.rule_id_now else paired.rule_id_before end,
        case when paired.changed_on is null then paired.contract_version_now else paired.contract_version_before end,
        paired.numerator_now, paired.denominator_now, paired.value_now, paired.verdict_now, paired.rule_id_now,
        paired.changed_on, paired.causes
    from paired
    join published.kpi_published_since as since using (kpi_id, variant, unit_type, period_type)
    join published.kpi_contract as contract using (kpi_id, variant)
    where
        since.published_since <= night
        and paired.period_end + contract.settle_days::integer <= night
        and (paired.changed_on is null or paired.verdict_before is not null);
    if not found and not exists (select 1 from published.kpi_published_since as since where since.published_since <= night) then
        raise exception 'nothing is known of what was published on %', night
            using hint = 'See published.kpi_published_since for the first night of each KPI.';
    end if;
end
$$;

-- Forget the versions that no kept release shows. Kept: the last ones, the last of each month, those that were signed
-- off, and the current one. Only what was closed after a release that is forgotten now, and before the next one kept, may have
-- lost the last release that shows it; the rest of history is not looked at.
create or replace function published_store.purge(keep_last integer)
returns bigint
language plpgsql
as $$
declare
    forgotten bigint[];
    versioned record;
    deleted bigint;
    total bigint := 0;
begin
    with purged as (
        update published_store.releases as old
        set is_purged = true
        where
            not old.is_purged
            and old.release_no not in (
                select recent.release_no
                from published_store.releases as recent
                where not recent.is_purged
                order by recent.release_no desc
                limit keep_last
            )
            and old.release_no not in (
                select distinct on (date_trunc('month', monthly.business_date)) monthly.release_no
                from published_store.releases as monthly
                where not monthly.is_purged
                order by date_trunc('month', monthly.business_date), monthly.business_date desc, monthly.release_no desc
            )
            and old.release_id not in (select sign_off.release_id from published_store.sign_offs as sign_off)
            and old.release_no not in (select pointer.release_no from published_store.current_release as pointer)
        returning old.release_no
    )
    select array_agg(release_no) into forgotten from purged;
    if forgotten is null then
        return 0;
    end if;
    for versioned in select table_name from published_store.versioned_tables order by table_name loop
        execute format(
            'with gone as ('
            || 'select purged.release_no, (select min(kept.release_no) from published_store.releases as kept '
            || 'where not kept.is_purged and kept.release_no > purged.release_no) as next_kept '
            || 'from unnest($1) as purged (release_no)) '
            || 'delete from published_store.%I as cell using gone '
            || 'where cell.to_release > gone.release_no and cell.to_release <= gone.next_kept and not exists ('
            || 'select 1 from published_store.releases as kept where not kept.is_purged '
            || 'and kept.release_no >= cell.from_release and kept.release_no < cell.to_release)',
            versioned.table_name || '_closed'
        ) using forgotten;
        get diagnostics deleted = row_count;
        total := total + deleted;
    end loop;
    return total;
end
$$;

-- Readers: `grant minhu_reader to <login>`. Where the publisher may not create roles, an administrator does it once.
do $$
begin
    if not exists (select 1 from pg_roles where rolname = 'minhu_reader') then
        create role minhu_reader nologin;
    end if;
exception
    when duplicate_object or unique_violation or insufficient_privilege then
        raise notice 'role minhu_reader was not created: %', sqlerrm;
end
$$;

do $$
begin
    if exists (select 1 from pg_roles where rolname = 'minhu_reader') then
        grant usage on schema published to minhu_reader;
        grant select on published.releases to minhu_reader;
    end if;
end
$$;
