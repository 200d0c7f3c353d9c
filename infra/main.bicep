// Everything that the app needs in Azure, in one resource group. `azd up` deploys it; each capability is a file of its own.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('The name of the azd environment. Every other name derives from it.')
param environmentName string

@minLength(1)
@description('The region. It has to offer the Flex Consumption plan.')
param location string

@description('The client id of the app registration in Entra ID with which people and applications sign in. The hook before provisioning sets it.')
param authClientId string

@description('The Entra ID tenant whose people and applications may sign in. The hook before provisioning sets it.')
param authTenantId string

@minLength(1)
@description('The API key (client id) of your Constant Contact app. It is no secret; its client secret goes into the vault by hand.')
param constantContactClientId string

@description('An existing storage account with the segments. Empty: the deployment makes one.')
param segmentStorageAccount string = ''

@description('The resource group of the existing account, in this subscription. Empty: the one of this deployment.')
param segmentStorageResourceGroup string = ''

@minLength(3)
@description('The container with the segments. In an existing account it has to be there already.')
param segmentContainer string = 'customer-insights'

@description('Settings of the app, by name, that differ from their defaults. Blank ones are left out.')
param appSettings object = {}

@allowed([512, 2048, 4096])
@description('Memory of an instance in MB. The limits of host.json are measured for 2,048: what they let run at once fits, and 512 would not hold it.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('The most instances. Constant Contact takes four requests a second whatever this is, so a few would do; 40 is the lowest number that the plan takes in every region.')
param maximumInstanceCount int = 40

@minValue(0)
@description('Instances that always run for HTTP. None: nobody waits for the API but people who start or look at runs, and they can wait for a cold start.')
param alwaysReadyHttp int = 0

@minValue(0)
@description('Instances that always run for orchestrations and activities. One: it keeps the task hub polled, so that timers of waiting and parked runs fire in time. It is most of the cost of an idle deployment.')
param alwaysReadyDurable int = 1

@allowed(['Standard_LRS', 'Standard_ZRS'])
@description('How often the storage accounts keep their data: three times in one data centre, or across the zones of a region that has them.')
param storageRedundancy string = 'Standard_LRS'

@minValue(1)
@description('Days for which a run is kept after its end, with its files (batches that did not go through, rejects, manifest, report), which hold addresses.')
param runRetentionDays int = 90

@minValue(30)
@maxValue(730)
@description('Days for which logs are kept.')
param logRetentionDays int = 90

@description('The e-mail addresses that alerts go to.')
param alertAddresses string[] = []

@allowed(['default', 'recover'])
@description('`recover` brings back the vault of a deployment of this name that was removed, which purge protection keeps for 90 days.')
param vaultCreateMode string = 'default'

var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var ownSegmentStorage = empty(segmentStorageAccount)
var segmentStorageName = ownSegmentStorage ? 'stseg${suffix}' : segmentStorageAccount
var applicationInsightsName = 'appi-${suffix}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  scope: group
  params: {
    name: 'id-${suffix}'
    location: location
    tags: tags
  }
}

module telemetry 'telemetry.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-${suffix}'
    applicationInsightsName: applicationInsightsName
    location: location
    tags: tags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module hostStorage 'host-storage.bicep' = {
  scope: group
  params: {
    name: 'sthost${suffix}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    runRetentionDays: runRetentionDays
    workspaceId: telemetry.outputs.workspaceId
    principalId: identity.outputs.principalId
  }
}

module segmentStorage 'storage-account.bicep' = if (ownSegmentStorage) {
  scope: group
  params: {
    name: segmentStorageName
    location: location
    tags: tags
    redundancy: storageRedundancy
    containers: [segmentContainer]
    // Who wrote and who read segments: these are few requests, and each is about personal data.
    blobLogCategories: ['StorageRead', 'StorageWrite', 'StorageDelete']
    workspaceId: telemetry.outputs.workspaceId
  }
}

module segmentAccess 'segment-access.bicep' = {
  scope: resourceGroup(ownSegmentStorage || empty(segmentStorageResourceGroup)
    ? group.name
    : segmentStorageResourceGroup)
  params: {
    accountName: segmentStorageName
    containerName: segmentContainer
    principalId: identity.outputs.principalId
  }
  dependsOn: [segmentStorage]
}

module vault 'vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${suffix}'
    location: location
    tags: tags
    createMode: vaultCreateMode
    workspaceId: telemetry.outputs.workspaceId
    principalId: identity.outputs.principalId
  }
}

module functionApp 'function-app.bicep' = {
  scope: group
  params: {
    name: 'func-${suffix}'
    planName: 'plan-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    deploymentContainerUrl: hostStorage.outputs.deploymentContainerUrl
    segmentStorageName: segmentStorageName
    segmentContainer: segmentContainer
    vaultUrl: vault.outputs.url
    applicationInsightsName: applicationInsightsName
    workspaceId: telemetry.outputs.workspaceId
    authClientId: authClientId
    authTenantId: authTenantId
    constantContactClientId: constantContactClientId
    runRetentionDays: runRetentionDays
    settings: appSettings
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyDurable: alwaysReadyDurable
  }
}

module workbook 'workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    applicationInsightsId: telemetry.outputs.applicationInsightsId
  }
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    addresses: alertAddresses
  }
}

module availability 'availability.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    applicationInsightsId: telemetry.outputs.applicationInsightsId
    actionGroupId: alerts.outputs.actionGroupId
    host: functionApp.outputs.host
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = functionApp.outputs.name
output FUNCTION_APP_HOST string = functionApp.outputs.host
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output KEY_VAULT_NAME string = vault.outputs.name
output SEGMENT_STORAGE_ACCOUNT string = segmentStorageName
