WITH orders AS (
  SELECT
    event_date AS date,
    COALESCE(
      session_traffic_source_last_click.cross_channel_campaign.default_channel_group,
      '(not set)'
    ) AS channel,
    COALESCE(session_traffic_source_last_click.google_ads_campaign.campaign_id, '(not set)') AS campaign_id,
    event_name,
    user_pseudo_id AS visitor,
    COALESCE(ecommerce.purchase_revenue, 0.0) AS revenue,
    COALESCE(COALESCE(ecommerce.refund_value, 0.0), 0.0) AS refund,
    ROW_NUMBER() OVER (
      PARTITION BY event_name, COALESCE(
        NULLIF(NULLIF(ecommerce.transaction_id, ''), '(not set)'),
        CONCAT(user_pseudo_id, CAST(event_timestamp AS STRING))
      )
      ORDER BY event_timestamp
    ) AS copy
  FROM (
    SELECT
      *
    FROM `shop.analytics_111111111.events_*`
    WHERE
      _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
  )
  WHERE
    event_name IN ('purchase', 'refund')
)
SELECT
  date,
  channel,
  campaign_id,
  SUM(CASE WHEN event_name = 'purchase' THEN revenue ELSE -refund END) AS revenue,
  COUNT(DISTINCT CASE WHEN event_name = 'purchase' THEN visitor END) AS purchasers,
  SUM(CASE WHEN event_name = 'purchase' THEN 1 ELSE 0 END) AS transactions
FROM orders
WHERE
  copy = 1
GROUP BY
  1,
  2,
  3
