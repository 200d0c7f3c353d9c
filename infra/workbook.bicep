// The workbook: what runs now, what failed and why, rejects by reason, duration and volume over time, quota and tokens, one run end to
// end. Each answer is a query of its own in `queries/`.

param location string
param tags object

@description('The workspace with the tables of Application Insights.')
param workspaceId string

@description('The Application Insights in whose gallery the workbook stands.')
param applicationInsightsId string

param displayName string = 'Segments to Constant Contact'

var workspaces = 'microsoft.operationalinsights/workspaces'
var day = 86400000

func heading(name string, text string) object => {
  type: 1
  name: name
  content: { json: text }
}

// The text that every query starts with comes first.
func answer(name string, title string, visualization string, query string, workspaceId string) object => {
  type: 3
  name: name
  content: {
    version: 'KqlItem/1.0'
    title: title
    query: '${loadTextContent('queries/events.kql')}\n${query}'
    visualization: visualization
    size: visualization == 'table' ? 0 : 1
    noDataMessage: 'Nothing in this time.'
    timeContextFromParameter: 'TimeRange'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    crossComponentResources: [workspaceId]
  }
}

func choice(name string, label string, first string, query string, workspaceId string) object => {
  id: guid(name)
  version: 'KqlParameterItem/1.0'
  type: 2
  name: name
  label: label
  isRequired: true
  query: '${loadTextContent('queries/events.kql')}\n${query}'
  // The first in the list, as nothing can be asked while nothing is chosen.
  value: first
  typeSettings: { additionalResourceOptions: ['value::1'], showDefault: false }
  timeContextFromParameter: 'TimeRange'
  queryType: 0
  resourceType: 'microsoft.operationalinsights/workspaces'
  crossComponentResources: [workspaceId]
}

func question(name string, text string, answers array) array => concat([heading(name, '## ${text}')], answers)

var choices = {
  type: 9
  name: 'choices'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    queryType: 0
    resourceType: workspaces
    crossComponentResources: [workspaceId]
    parameters: [
      {
        id: guid('TimeRange')
        version: 'KqlParameterItem/1.0'
        type: 4
        name: 'TimeRange'
        label: 'Time'
        isRequired: true
        value: { durationMs: 7 * day }
        typeSettings: {
          allowCustom: true
          selectableValues: map([1, 2, 7, 30, 90], days => { durationMs: days * day })
        }
      }
      choice('Export', 'Export', '*', loadTextContent('queries/choose-export.kql'), workspaceId)
      choice('Run', 'Run', 'value::1', loadTextContent('queries/choose-run.kql'), workspaceId)
    ]
  }
}

var items = concat(
  [choices],
  question('now', 'What runs now', [
    answer('runs-now', 'Runs that are on', 'table', loadTextContent('queries/runs-now.kql'), workspaceId)
    answer('heartbeats-over-time', 'Heartbeats', 'timechart', loadTextContent('queries/heartbeats-over-time.kql'), workspaceId)
  ]),
  question('failed', 'What failed, and why', [
    answer('runs-by-outcome', 'How runs ended', 'table', loadTextContent('queries/runs-by-outcome.kql'), workspaceId)
    answer('runs-ended', 'Runs that did not end well', 'table', loadTextContent('queries/runs-ended.kql'), workspaceId)
    answer('faults', 'Faults on the way', 'table', loadTextContent('queries/faults.kql'), workspaceId)
    answer('exceptions', 'Exceptions of the host', 'table', loadTextContent('queries/exceptions.kql'), workspaceId)
  ]),
  question('rejects', 'What was rejected', [
    answer('rejects-by-reason', 'By reason', 'barchart', loadTextContent('queries/rejects-by-reason.kql'), workspaceId)
    answer('rejects-over-time', 'Share of the profiles, in percent', 'timechart', loadTextContent('queries/rejects-over-time.kql'), workspaceId)
  ]),
  question('volume', 'How long, and how much', [
    answer('duration-over-time', 'Minutes a run', 'timechart', loadTextContent('queries/duration-over-time.kql'), workspaceId)
    answer('volume-over-time', 'Profiles, by what became of them', 'barchart', loadTextContent('queries/volume-over-time.kql'), workspaceId)
    answer('segments', 'Segments', 'table', loadTextContent('queries/segments.kql'), workspaceId)
  ]),
  question('quota', 'Constant Contact: quota, waiting, sign-in', [
    answer('quota-over-time', 'Requests of the UTC day', 'timechart', loadTextContent('queries/quota-over-time.kql'), workspaceId)
    answer('waiting-over-time', 'Minutes of an import job', 'timechart', loadTextContent('queries/waiting-over-time.kql'), workspaceId)
    answer('calls', 'Calls', 'table', loadTextContent('queries/calls.kql'), workspaceId)
    answer('connections', 'Connections', 'table', loadTextContent('queries/connections.kql'), workspaceId)
  ]),
  question('run', 'One run end to end', [
    answer('run-batches', 'Batches', 'table', loadTextContent('queries/run-batches.kql'), workspaceId)
    answer('run-timeline', 'Everything that happened', 'table', loadTextContent('queries/run-timeline.kql'), workspaceId)
  ])
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Azure wants a GUID here; the same one at every deployment.
  name: guid(applicationInsightsId, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: applicationInsightsId
    version: '1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: items
      fallbackResourceIds: [applicationInsightsId]
      '$schema': 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json'
    })
  }
}
