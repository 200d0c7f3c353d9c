// Lets the app read the segments, and nothing else in their account. Deployed to the resource group where the account lies.
import { roles } from 'roles.bicep'

param accountName string
param containerName string

@description('Who reads: the identity of the app.')
param principalId string

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource segments 'containers' existing = {
      name: containerName
    }
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::segments.id, principalId, roles.storageBlobDataReader)
  scope: account::blobs::segments
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
