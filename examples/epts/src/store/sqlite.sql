CREATE TABLE endpoints (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    app_version TEXT    NOT NULL,
    last_sent   INTEGER NOT NULL -- Unix milliseconds, as all times
);

-- One event. A second delivery of it finds itself here.
CREATE TABLE batches (
    id             INTEGER PRIMARY KEY,
    endpoint       INTEGER NOT NULL REFERENCES endpoints,
    correlation_id TEXT    NOT NULL,
    digest         BLOB    NOT NULL, -- SHA-256 of what the event brings
    content_type   TEXT    NOT NULL,
    UNIQUE (endpoint, correlation_id, digest)
);

CREATE TABLE samples (
    id       INTEGER PRIMARY KEY,
    batch    INTEGER NOT NULL REFERENCES batches,
    position INTEGER NOT NULL, -- in the batch, from 0
    endpoint INTEGER NOT NULL REFERENCES endpoints,
    time     INTEGER NOT NULL,
    content  BLOB    NOT NULL
);
CREATE INDEX samples_by_time ON samples (endpoint, time, id);

CREATE TABLE series (
    id       INTEGER PRIMARY KEY,
    endpoint INTEGER NOT NULL REFERENCES endpoints,
    name     TEXT    NOT NULL,
    UNIQUE (endpoint, name)
);

CREATE TABLE points (
    series INTEGER NOT NULL REFERENCES series,
    time   INTEGER NOT NULL,
    sample INTEGER NOT NULL REFERENCES samples,
    value  REAL    NOT NULL,
    PRIMARY KEY (series, time, sample)
) WITHOUT ROWID;
