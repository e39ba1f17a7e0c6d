WITH named AS (
  SELECT
    event_date AS date,
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
    COALESCE(
      session_traffic_source_last_click.cross_channel_campaign.default_channel_group,
      '(not set)'
    ) AS channel,
    COALESCE(session_traffic_source_last_click.google_ads_campaign.campaign_id, '(not set)') AS campaign_id,
    COALESCE(device.category, '(not set)') AS device,
    (
      SELECT
        value
      FROM UNNEST(event_params)
      WHERE
        key = 'value'
    ) AS parameter
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
)
SELECT
  date,
  event,
  channel,
  campaign_id,
  device,
  COUNT(*) AS count,
  COALESCE(
    SUM(
      COALESCE(parameter.double_value, parameter.float_value, CAST(parameter.int_value AS FLOAT64))
    ),
    0.0
  ) AS value
FROM named
GROUP BY
  1,
  2,
  3,
  4,
  5
