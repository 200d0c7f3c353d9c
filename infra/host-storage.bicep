// The storage account of the Functions host, of Durable, and of the app's own tables and files, with what deletes old files in it.
import { roles } from 'roles.bicep'

param name string
param location string
param tags object
param redundancy string
param runRetentionDays int
param workspaceId string

@description('Whose account it is: the identity of the app.')
param principalId string

var deploymentContainer = 'deployment'
// Later than the app itself, which removes the files of a run with all the rest of it: days between the first file of a run and its end,
// and until the timer comes round to it.
var deletedAfterDays = runRetentionDays + 7
// Durable derives its names from the task hub, which host.json names.
var hub = toLower(loadJsonContent('../host.json').extensions.durableTask.hubName)

module storage 'storage-account.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    redundancy: redundancy
    containers: [deploymentContainer]
    // The host reads and writes its leases all the time; what is deleted is the part that somebody may ask about.
    blobLogCategories: ['StorageDelete']
    workspaceId: workspaceId
  }
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: name
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  dependsOn: [storage]
  properties: {
    policy: {
      rules: [
        {
          // Batch files that did not go through, rejects, manifests and reports lie in one folder a run. The app removes those of old runs
          // but the last one of each export, whose row stays: this is what ends the addresses in its files, and whatever the app missed.
          name: 'delete-run-files'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['runs/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deletedAfterDays } } }
          }
        }
        {
          // Messages too large for a queue or table stay there after the orchestration.
          name: 'delete-large-messages'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${hub}-largemessages/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deletedAfterDays } } }
          }
        }
      ]
    }
  }
}

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [
    roles.storageBlobDataOwner
    roles.storageQueueDataContributor
    roles.storageTableDataContributor
  ]: {
    name: guid(account.id, principalId, role)
    scope: account
    dependsOn: [storage]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output name string = storage.outputs.name
output deploymentContainerUrl string = '${storage.outputs.blobEndpoint}${deploymentContainer}'
