-- A batch in one statement, and so in one transaction. It begins with the row of its endpoint and holds it to the end:
-- batches of one endpoint are stored one after the other, and no two wait for each other.
WITH endpoint AS (
    INSERT INTO endpoints AS stored (name, app_version, last_sent) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE
    SET app_version = CASE WHEN excluded.last_sent >= stored.last_sent
                           THEN excluded.app_version ELSE stored.app_version END,
        last_sent = greatest(stored.last_sent, excluded.last_sent)
    RETURNING id
), batch AS (
    INSERT INTO batches (endpoint, correlation_id, digest, content_type)
    SELECT id, $4, $5, $6 FROM endpoint
    ON CONFLICT DO NOTHING RETURNING id, endpoint
), sample AS (
    INSERT INTO samples (batch, position, endpoint, time, content)
    SELECT batch.id, one.number - 1, batch.endpoint, one.time, one.content
    FROM batch, unnest($7::bigint[], $8::bytea[]) WITH ORDINALITY AS one (time, content, number)
    ORDER BY one.number
    RETURNING id, position
), named AS (
    INSERT INTO series AS stored (endpoint, name)
    SELECT batch.endpoint, one.name FROM batch, unnest($9::text[]) AS one (name)
    ON CONFLICT (endpoint, name) DO UPDATE SET name = stored.name
    RETURNING id, name
), stored AS (
    -- Looked up by place, because a join could be planned for a hundredth of these rows.
    SELECT (SELECT array_agg(id ORDER BY position) FROM sample) AS samples,
           (SELECT array_agg(id ORDER BY name) FROM named) AS series
    FROM batch
), point AS (
    INSERT INTO points (series, time, sample, value)
    SELECT stored.series[one.series], one.time, stored.samples[one.sample], one.value
    FROM stored, unnest($10::int[], $11::bigint[], $12::int[], $13::double precision[])
                 AS one (series, time, sample, value)
)
SELECT count(*) FROM batch
