-- Roles of the embedded server. Run by its superuser in database `minhu` at every start, safe to repeat; nothing else is
-- done by the superuser. Nobody logs in with a password: the operating system says who comes (`peer`), and who may come as
-- which role stands in pg_ident.conf.
--
-- minhu_owner       owns `published`: makes and changes tables and views
-- minhu_publisher   loads releases; becomes the owner where a table has to be made
-- minhu_reader      reads `published`, and nothing else
-- minhu_source      owns database `hotline`, the source of a city that is simulated or loaded from files

do $$
declare
    name text;
begin
    foreach name in array array['minhu_owner', 'minhu_publisher', 'minhu_reader', 'minhu_source'] loop
        if not exists (select 1 from pg_roles where rolname = name) then
            execute format('create role %I', name);
        end if;
        execute format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', name);
    end loop;
end
$$;

grant minhu_owner to minhu_publisher with inherit false, set true;
alter role minhu_reader set default_transaction_read_only = on;

alter database minhu owner to minhu_owner;
alter database hotline owner to minhu_source;
revoke all on database minhu, hotline, postgres, template1 from public;
grant connect on database minhu to minhu_publisher, minhu_reader;
grant temporary on database minhu to minhu_publisher;

alter default privileges for role minhu_owner grant usage on schemas to minhu_publisher;
alter default privileges for role minhu_owner
    grant select, insert, update, delete, maintain on tables to minhu_publisher;

-- What a state directory of before there were roles holds is the superuser's.
do $$
declare
    statement text;
begin
    for statement in
        select format('alter schema %I owner to minhu_owner; grant usage on schema %1$I to minhu_publisher', space.nspname)
        from pg_namespace as space
        where space.nspname in ('published', 'published_store') and space.nspowner <> 'minhu_owner'::regrole
        union all
        select format(
            'alter table %s owner to minhu_owner; '
            'grant select, insert, update, delete, maintain on %1$s to minhu_publisher', relation.oid::regclass
        )
        from pg_class as relation
        where
            relation.relnamespace in (select oid from pg_namespace where nspname in ('published', 'published_store'))
            and relation.relkind in ('r', 'p', 'v') and relation.relowner <> 'minhu_owner'::regrole
        union all
        select format('alter routine %s owner to minhu_owner', routine.oid::regprocedure)
        from pg_proc as routine
        where
            routine.pronamespace in (select oid from pg_namespace where nspname in ('published', 'published_store'))
            and routine.proowner <> 'minhu_owner'::regrole
    loop
        execute statement;
    end loop;
end
$$;

-- What every user of a database may do by default and a reader need not: hold the publisher's lock, keep large objects.
do $$
declare
    routine regprocedure;
begin
    for routine in
        select oid::regprocedure
        from pg_proc
        where
            pronamespace = 'pg_catalog'::regnamespace
            and (proname ~ '^pg_(try_)?advisory_' or proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put'))
    loop
        execute format('revoke execute on function %s from public', routine);
        if routine::text like 'pg_%advisory_%' then
            execute format('grant execute on function %s to minhu_owner, minhu_publisher', routine);
        end if;
    end loop;
end
$$;
