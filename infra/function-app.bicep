// The function app on a Flex Consumption plan: what it runs on, where its package lies, its settings.

param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param hostStorageName string
param deploymentContainerUrl string
param segmentStorageName string
param segmentContainer string
param vaultUrl string
param applicationInsightsName string
param workspaceId string
param authClientId string
param authTenantId string
param constantContactClientId string
param runRetentionDays int

@description('Settings that differ from their defaults. They never replace one that this file sets.')
param settings object

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttp int
param alwaysReadyDurable int

var alwaysReady = filter(
  [
    { name: 'http', instanceCount: alwaysReadyHttp }
    { name: 'durable', instanceCount: alwaysReadyDurable }
  ],
  group => group.instanceCount > 0
)

// App Service takes the identity in place of a client secret when the setting with this name holds its client id.
var signInCredentialSetting = 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // By this tag azd knows where the service of azure.yaml goes.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
      // Never two versions side by side: a running orchestration would be replayed by both. The compiler's types of this API version
      // lack the property, which Azure documents for it.
      #disable-next-line BCP037
      siteUpdateStrategy: { type: 'Recreate' }
    }
  }

  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    toObject(
      filter(items(settings), setting => !empty(setting.value)),
      setting => setting.key,
      setting => setting.value
    ),
    {
      AzureWebJobsStorage__accountName: hostStorageName
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      '${signInCredentialSetting}': identityClientId
      AZURE_CLIENT_ID: identityClientId
      // Bounds the room for young objects, of which the app has few: without it memory grows by 60 MB that nothing uses.
      languageWorkers__node__arguments: '--max-semi-space-size=8'
      SEGMENT_STORAGE__accountName: segmentStorageName
      SEGMENT_CONTAINER: segmentContainer
      KEY_VAULT_URL: vaultUrl
      AUTH_TENANT_ID: authTenantId
      CONSTANT_CONTACT_CLIENT_ID: constantContactClientId
      RUN_RETENTION_DAYS: string(runRetentionDays)
    }
  )
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  // One after the other: a site takes one change of its configuration at a time.
  dependsOn: [appSettings]
  properties: {
    platform: { enabled: true }
    globalValidation: {
      // Who is not signed in reaches the app, which answers 401 itself, or with a way to sign in where a browser comes back.
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          clientSecretSettingName: signInCredentialSetting
          openIdIssuer: '${environment().authentication.loginEndpoint}${authTenantId}/v2.0'
        }
        validation: { allowedAudiences: [authClientId, 'api://${authClientId}'] }
      }
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    // FunctionAppLogs would be a second copy of what Application Insights has.
    logs: [{ category: 'AppServiceAuthenticationLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output name string = app.name
output host string = app.properties.defaultHostName
