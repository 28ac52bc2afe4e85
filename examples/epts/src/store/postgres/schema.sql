CREATE TABLE endpoints (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE, -- ordered by bytes, whatever the database speaks
    app_version text   NOT NULL,
    last_sent   bigint NOT NULL -- Unix milliseconds, as all times
);

-- One event. A second delivery of it finds itself here.
CREATE TABLE batches (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint       bigint NOT NULL REFERENCES endpoints,
    correlation_id text   NOT NULL,
    digest         bytea  NOT NULL, -- SHA-256 of what the event brings
    content_type   text   NOT NULL,
    UNIQUE (endpoint, correlation_id, digest)
);

-- Samples and points refer to what the same statement has stored. To have the server look that up again, for each
-- of them, would cost as much as storing them.
CREATE TABLE samples (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch    bigint NOT NULL,
    position bigint NOT NULL, -- in the batch, from 0
    endpoint bigint NOT NULL,
    time     bigint NOT NULL,
    content  bytea  NOT NULL
);
CREATE INDEX samples_by_time ON samples (endpoint, time, id);

CREATE TABLE series (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint bigint NOT NULL REFERENCES endpoints,
    name     text COLLATE "C" NOT NULL,
    UNIQUE (endpoint, name)
);

CREATE TABLE points (
    series bigint NOT NULL,
    time   bigint NOT NULL,
    sample bigint NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (series, time, sample)
);
