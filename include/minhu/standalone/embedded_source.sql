-- Run by the superuser in database `hotline` at every start: what a state directory of before there were roles holds there
-- is the superuser's.
do $$
declare
    statement text;
begin
    for statement in
        select format('alter schema %I owner to minhu_source', space.nspname)
        from pg_namespace as space
        where space.nspname = 'hotline' and space.nspowner <> 'minhu_source'::regrole
        union all
        select format('alter table %s owner to minhu_source', relation.oid::regclass)
        from pg_class as relation
        where
            relation.relnamespace = (select oid from pg_namespace where nspname = 'hotline')
            and relation.relkind in ('r', 'p', 'v', 'm') and relation.relowner <> 'minhu_source'::regrole
    loop
        execute statement;
    end loop;
end
$$;
