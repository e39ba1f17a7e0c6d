SELECT
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
  COUNT(*) AS count
FROM (
  SELECT
    *
  FROM `shop.analytics_111111111.events_*`
  WHERE
    _TABLE_SUFFIX BETWEEN '20260824' AND '20261121'
)
WHERE
  (
    SELECT
      COALESCE(value.double_value, value.float_value, CAST(value.int_value AS FLOAT64))
    FROM UNNEST(event_params)
    WHERE
      key = 'value'
  ) <> 0
GROUP BY
  1
