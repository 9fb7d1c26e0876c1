-- name: posts(account_ids, since, until, before_id, insights_from, with_texts, most)
-- Posts from `since` on that come, newest first, behind the post `before_id` of the moment `until`; with '' those before that
-- moment. The newest reach and the like are each one look at the end of a part of media_insight's key, however long they were
-- collected: MySQL reads that key backward only when the order names the media, MariaDB only when it does not name the metric.
-- They are looked for in posts from `insights_from` on only.
SELECT
    m.id,
    m.user_id,
    m.`timestamp`,
    m.media_type,
    m.like_count,
    m.comments_count,
    CASE WHEN :with_texts THEN m.caption END AS caption,
    CASE WHEN :with_texts THEN m.permalink END AS permalink,
    CASE WHEN :with_texts THEN m.media_hashtag END AS media_hashtag,
    CASE
        WHEN m.`timestamp` >= :insights_from THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_reach'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'reach'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS reach,
    CASE
        WHEN m.`timestamp` >= :insights_from THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_impressions'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'impressions'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS impressions,
    CASE
        WHEN m.`timestamp` >= :insights_from THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_saved'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'saved'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS saved
FROM media AS m FORCE INDEX (ix_media_user_timestamp)
WHERE
    m.user_id IN :account_ids
    AND m.`timestamp` >= :since
    AND m.`timestamp` <= :until
    AND (m.`timestamp` < :until OR m.id < :before_id)
    AND NOT m.is_archived
ORDER BY m.`timestamp` DESC, m.id DESC
LIMIT :most;

-- name: posts_by_id(media_ids, insights_of)
-- Some posts with all that is known of them; reach and the like only of the account `insights_of`, as competitors' are not public.
SELECT
    m.id,
    m.user_id,
    m.`timestamp`,
    m.media_type,
    m.like_count,
    m.comments_count,
    m.caption,
    m.permalink,
    m.media_hashtag,
    CASE
        WHEN m.user_id = :insights_of THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_reach'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'reach'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS reach,
    CASE
        WHEN m.user_id = :insights_of THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_impressions'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'impressions'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS impressions,
    CASE
        WHEN m.user_id = :insights_of THEN COALESCE(
            CASE
                WHEN m.media_type = 'CAROUSEL_ALBUM' THEN (
                    SELECT i.value
                    FROM media_insight AS i
                    WHERE i.media_id = m.id AND i.metric = 'carousel_album_saved'
                    ORDER BY i.media_id DESC, i.datestamp DESC
                    LIMIT 1
                )
            END,
            (
                SELECT i.value
                FROM media_insight AS i
                WHERE i.media_id = m.id AND i.metric = 'saved'
                ORDER BY i.media_id DESC, i.datestamp DESC
                LIMIT 1
            )
        )
    END AS saved
FROM media AS m
WHERE m.id IN :media_ids;

-- name: count_posts(account_id, since, until)
-- How many posts there are, archived ones among them: the index alone tells it.
SELECT COUNT(*)
FROM media AS m
WHERE m.user_id = :account_id AND m.`timestamp` >= :since AND m.`timestamp` < :until;

-- name: post_ids(account_id, until)
-- All posts of an account before a moment, archived ones among them: the index alone tells it.
SELECT m.id
FROM media AS m FORCE INDEX (ix_media_user_timestamp)
WHERE m.user_id = :account_id AND m.`timestamp` < :until
ORDER BY m.`timestamp` DESC, m.id DESC;

-- name: gained(media_ids, start, end)
-- What some posts gained on each day. The ids are given one by one: only so does a server look at each one's days of the
-- period alone; a join would read all days that the posts ever had.
SELECT
    g.datestamp,
    SUM(COALESCE(g.like_count_growth, 0) + COALESCE(g.comments_count_growth, 0)) AS engagement
FROM media_like_comment AS g FORCE INDEX (PRIMARY)
WHERE
    g.media_id IN :media_ids
    AND g.datestamp BETWEEN :start AND :end
    AND (g.like_count_growth IS NOT NULL OR g.comments_count_growth IS NOT NULL)
GROUP BY g.datestamp;
