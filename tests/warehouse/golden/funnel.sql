WITH named AS (
  SELECT
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
    user_pseudo_id AS visitor,
    event_timestamp AS `at`,
    event_date AS day,
    device.category AS segment
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
  WHERE
    NOT user_pseudo_id IS NULL AND event_name IN ('add_to_cart', 'click', 'purchase')
), steps AS (
  SELECT
    event,
    visitor,
    segment,
    `at`
  FROM named
  WHERE
    event IN ('add_to_cart', 'line_click') AND day <= '20261022'
), goals AS (
  SELECT
    visitor,
    `at`
  FROM named
  WHERE
    event IN ('purchase')
), reached AS (
  SELECT
    steps.event,
    steps.segment,
    steps.visitor,
    MIN(goals.`at` - steps.`at`) AS gap
  FROM steps
  JOIN goals
    ON goals.visitor = steps.visitor
  WHERE
    goals.`at` > steps.`at` AND goals.`at` - steps.`at` <= 2592000000000
  GROUP BY
    1,
    2,
    3
), entered AS (
  SELECT
    event,
    segment,
    COUNT(DISTINCT visitor) AS users
  FROM steps
  GROUP BY
    1,
    2
), converted AS (
  SELECT
    event,
    segment,
    COUNT(*) AS converted,
    SUM(CASE WHEN gap <= 86400000000 THEN 1 ELSE 0 END) AS within_0
  FROM reached
  GROUP BY
    1,
    2
)
SELECT
  entered.*,
  COALESCE(converted.converted, 0) AS converted,
  COALESCE(converted.within_0, 0) AS within_0
FROM entered
LEFT JOIN converted
  ON converted.event = entered.event
  AND COALESCE(converted.segment, '') = COALESCE(entered.segment, '')
