// Whether the app answers, asked from outside: an availability test on its liveness, and an alert when it does not.

param location string
param tags object
param applicationInsightsId string

@description('The action group that is told.')
param actionGroupId string

@description('The host name of the app, without a scheme.')
param host string

// Three places on two continents: one that fails alone says more about the place than about the app.
var places = ['emea-nl-ams-azr', 'us-va-ash-azr', 'emea-gb-db3-azr']

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'liveness'
  location: location
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'liveness'
    Name: 'The app answers'
    Description: 'GET /api/health/live, which is open to everybody and says nothing else.'
    Kind: 'standard'
    Enabled: true
    // In seconds. Without an instance that is kept ready for HTTP, each look may have to wait for a start.
    Frequency: 900
    Timeout: 60
    RetryEnabled: true
    Locations: [for place in places: { Id: place }]
    Request: { RequestUrl: 'https://${host}/api/health/live', HttpVerb: 'GET' }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
      ContentValidation: { ContentMatch: 'live', PassIfTextFound: true, IgnoreCase: false }
    }
  }
}

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-unavailable'
  location: 'global'
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource', 'hidden-link:${test.id}': 'Resource' })
  properties: {
    description: 'What it means, what to look at and what to do: docs/operations.md, Alerts, unavailable.'
    severity: 1
    enabled: true
    scopes: [applicationInsightsId, test.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: applicationInsightsId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}
