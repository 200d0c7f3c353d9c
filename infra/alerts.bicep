// The alerts, and who is told. Each asks one query of `queries/` and fires for every row that comes back, until none does; what to do
// then stands in docs/operations.md under "Alerts".

param location string
param tags object

@description('The workspace with the tables of Application Insights.')
param workspaceId string

@description('The e-mail addresses that alerts go to. None: they show in the portal only.')
param addresses string[]

@minValue(1)
@maxValue(100)
@description('The share of rejected profiles in percent above which a run is worth a look. More than 5 % of malformed rows fail the run already.')
param maxRejectPercent int = 10

@minValue(1)
@description('Minutes that a run may take, without those for which it is put off.')
param maxRunMinutes int = 60

@minValue(1)
@maxValue(100)
@description('The share of the requests of a UTC day in percent, above which what runs later in the day may have to wait for the next.')
param maxQuotaPercent int = 80

@minValue(1)
@description('Days before the end of a sign-in at which somebody is told. The app renews a sign-in long before, unless it cannot.')
param minTokenDays int = 14

// Severities: 1 error, 2 warning. A window is also what the query sees, so what lasts is asked for over two days, the longest there is.
var rules = [
  {
    name: 'failed'
    displayName: 'An export failed for good'
    severity: 1
    query: loadTextContent('queries/alert-failed.kql')
    by: 'export'
    window: 'P2D'
    every: 'PT15M'
  }
  {
    name: 'missed-schedule'
    displayName: 'A scheduled run started late'
    severity: 2
    query: loadTextContent('queries/alert-missed-schedule.kql')
    by: 'export'
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'reject-share'
    displayName: 'Many profiles were rejected'
    severity: 2
    query: replace(loadTextContent('queries/alert-reject-share.kql'), '{maxRejectPercent}', string(maxRejectPercent))
    by: 'export'
    window: 'P2D'
    every: 'PT15M'
  }
  {
    name: 'over-time'
    displayName: 'A run takes too long'
    severity: 2
    query: replace(loadTextContent('queries/alert-over-time.kql'), '{maxRunMinutes}', string(maxRunMinutes))
    by: 'export'
    window: 'P2D'
    every: 'PT15M'
  }
  {
    name: 'quota'
    displayName: 'The requests of the day run out'
    severity: 2
    query: replace(loadTextContent('queries/alert-quota.kql'), '{maxQuotaPercent}', string(maxQuotaPercent))
    by: ''
    window: 'PT30M'
    every: 'PT15M'
  }
  {
    name: 'token'
    displayName: 'A sign-in at Constant Contact has ended or ends soon'
    severity: 1
    query: replace(loadTextContent('queries/alert-token.kql'), '{minTokenDays}', string(minTokenDays))
    by: 'connection'
    window: 'PT6H'
    every: 'PT1H'
  }
  {
    name: 'no-new-data'
    displayName: 'A segment has had no new data for longer than usual'
    severity: 2
    query: loadTextContent('queries/alert-no-new-data.kql')
    by: 'segment'
    window: 'PT6H'
    every: 'PT1H'
  }
  {
    name: 'no-heartbeat'
    displayName: 'The app does nothing any more'
    severity: 1
    query: loadTextContent('queries/alert-no-heartbeat.kql')
    by: ''
    window: 'PT15M'
    every: 'PT5M'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'operators'
    enabled: true
    emailReceivers: map(range(0, length(addresses)), index => {
      name: 'address-${index + 1}'
      emailAddress: addresses[index]
      useCommonAlertSchema: true
    })
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.displayName
      description: 'What it means, what to look at and what to do: docs/operations.md, Alerts, ${rule.name}. What it is about, such as the run and the reason, is in the search results that this message links to.'
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      // They are checked before a deployment; a workspace that is new may not know the tables yet.
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: '${loadTextContent('queries/events.kql')}\n${rule.query}'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: empty(rule.by) ? [] : [{ name: rule.by, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

output actionGroupId string = people.id
