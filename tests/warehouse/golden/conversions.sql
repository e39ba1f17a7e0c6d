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
    ecommerce.transaction_id AS order_id,
    COALESCE(
      ecommerce.purchase_revenue,
      (
        SELECT
          COALESCE(value.double_value, value.float_value, CAST(value.int_value AS FLOAT64))
        FROM UNNEST(event_params)
        WHERE
          key = 'value'
      )
    ) AS value,
    (
      SELECT
        COALESCE(
          value.string_value,
          CAST(value.int_value AS STRING),
          CAST(value.double_value AS STRING)
        )
      FROM UNNEST(event_params)
      WHERE
        key = 'currency'
    ) AS currency,
    collected_traffic_source.gclid AS gclid
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
), clicked AS (
  SELECT
    *,
    LAST_VALUE(gclid IGNORE NULLS) OVER (
      PARTITION BY visitor
      ORDER BY `at`
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS last_gclid,
    MAX(CASE WHEN NOT gclid IS NULL THEN `at` END) OVER (
      PARTITION BY visitor
      ORDER BY `at`
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS clicked_at
  FROM named
)
SELECT
  event,
  `at`,
  order_id,
  value,
  currency,
  last_gclid AS gclid
FROM clicked
WHERE
  event IN ('purchase')
  AND NOT last_gclid IS NULL
  AND `at` - clicked_at <= 7776000000000
ORDER BY
  `at`
