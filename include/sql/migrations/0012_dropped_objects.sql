-- Objects of a drop folder in a bucket that a batch has claimed; gone when the object is put away.

-- The key is a digest of place, ETag, size and time: of two watchers, one can write it. It is the primary key, because a
-- duplicate of that locks no gap.
CREATE TABLE dropped_objects (
    object_key CHAR(64) NOT NULL PRIMARY KEY,
    batch_id CHAR(36) NOT NULL,
    drop_uri VARCHAR(1000) NOT NULL,
    path VARCHAR(1000) NOT NULL,
    place VARCHAR(1000) NOT NULL,
    etag VARCHAR(255) NOT NULL,
    size BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    KEY ix_dropped_objects_batch (batch_id),
    CONSTRAINT fk_dropped_objects_batch FOREIGN KEY (batch_id) REFERENCES import_batches (batch_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
