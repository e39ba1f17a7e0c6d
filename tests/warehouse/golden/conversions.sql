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
    NULLIF(NULLIF(CAST(NULL AS STRING), ''), '(not set)') AS order_id,
    COALESCE(
      NULL,
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
    privacy_info.ads_storage AS ads_storage,
    COALESCE(
      CONCAT('gclid:', NULLIF(collected_traffic_source.gclid, '')),
      CONCAT(
        'gbraid:',
        NULLIF(
          REGEXP_EXTRACT(
            (
              SELECT
                COALESCE(
                  value.string_value,
                  CAST(value.int_value AS STRING),
                  CAST(value.double_value AS STRING)
                )
              FROM UNNEST(event_params)
              WHERE
                key = 'page_location'
            ),
            '[?&]gbraid=([^&#]+)'
          ),
          ''
        )
      ),
      CONCAT(
        'wbraid:',
        NULLIF(
          REGEXP_EXTRACT(
            (
              SELECT
                COALESCE(
                  value.string_value,
                  CAST(value.int_value AS STRING),
                  CAST(value.double_value AS STRING)
                )
              FROM UNNEST(event_params)
              WHERE
                key = 'page_location'
            ),
            '[?&]wbraid=([^&#]+)'
          ),
          ''
        )
      )
    ) AS click
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
  WHERE
    NOT user_pseudo_id IS NULL
), clicked AS (
  SELECT
    event,
    visitor,
    `at`,
    day,
    order_id,
    value,
    currency,
    ads_storage,
    LAST_VALUE(click IGNORE NULLS) OVER (
      PARTITION BY visitor
      ORDER BY `at`
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS click,
    MAX(CASE WHEN NOT click IS NULL THEN `at` END) OVER (
      PARTITION BY visitor
      ORDER BY `at`
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS clicked_at
  FROM named
  WHERE
    NOT click IS NULL OR event IN ('purchase', 'line_click')
)
SELECT
  event,
  `at` AS time,
  clicked_at AS click_time,
  CASE WHEN STARTS_WITH(click, 'gclid:') THEN SUBSTR(click, 7) END AS gclid,
  CASE WHEN STARTS_WITH(click, 'gbraid:') THEN SUBSTR(click, 8) END AS gbraid,
  CASE WHEN STARTS_WITH(click, 'wbraid:') THEN SUBSTR(click, 8) END AS wbraid,
  CASE WHEN event IN ('purchase') THEN value END AS value,
  CASE WHEN event IN ('purchase') THEN currency END AS currency,
  COALESCE(
    order_id,
    CONCAT('ga4-', TO_HEX(MD5(CONCAT(visitor, ':', event, ':', CAST(`at` AS STRING)))))
  ) AS order_id,
  CASE WHEN LOWER(ads_storage) = 'no' THEN 'denied' END AS consent
FROM clicked
WHERE
  event IN ('purchase', 'line_click')
  AND day >= '20260824'
  AND NOT click IS NULL
  AND `at` - clicked_at <= 7776000000000
ORDER BY
  `at`,
  order_id
