WITH seen AS (
  SELECT DISTINCT
    CASE
      WHEN event_name = 'click'
      AND (
        LOWER(
          COALESCE(
            (
              SELECT
                COALESCE(
                  value.string_value,
                  CAST(value.int_value AS STRING),
                  CAST(value.double_value AS STRING)
                )
              FROM UNNEST(event_params)
              WHERE
                key = 'link_domain'
            ),
            ''
          )
        ) = 'line.me'
        OR LOWER(
          COALESCE(
            (
              SELECT
                COALESCE(
                  value.string_value,
                  CAST(value.int_value AS STRING),
                  CAST(value.double_value AS STRING)
                )
              FROM UNNEST(event_params)
              WHERE
                key = 'link_domain'
            ),
            ''
          )
        ) = 'lin.ee'
      )
      THEN 'line_click'
      ELSE event_name
    END AS event,
    user_pseudo_id AS visitor
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
  WHERE
    NOT user_pseudo_id IS NULL
)
SELECT
  event,
  COUNT(*) AS users
FROM seen
GROUP BY
  event
UNION ALL
SELECT
  CAST(NULL AS STRING) AS event,
  COUNT(DISTINCT visitor) AS users
FROM seen
