// Who gets through to the app: everybody, and App Service says who is signed in, without a secret of its own.
import { appSettingsOf, at, authenticationOf, type Rule } from './deployment';

export const signInRules: readonly Rule[] = [
  {
    name: 'App Service signs people in, and lets everybody else through to the app, which answers 401',
    faults(deployment) {
      const authentication = authenticationOf(deployment);
      const provider = at(authentication, 'identityProviders', 'azureActiveDirectory');
      const settings = appSettingsOf(deployment);
      const secretSetting = at(provider, 'registration', 'clientSecretSettingName');
      const issuer = String(at(provider, 'registration', 'openIdIssuer'));
      const must: readonly (readonly [boolean, string])[] = [
        [at(authentication, 'platform', 'enabled') === true, 'authentication is not on'],
        [
          at(authentication, 'globalValidation', 'unauthenticatedClientAction') === 'AllowAnonymous' &&
            at(authentication, 'globalValidation', 'requireAuthentication') === false,
          'who is not signed in does not reach the app',
        ],
        [at(provider, 'enabled') === true, 'Entra ID is not the identity provider'],
        [Boolean(at(provider, 'registration', 'clientId')), 'the app registration is not named'],
        [
          issuer.includes(String(settings['AUTH_TENANT_ID'])) && issuer.includes('/v2.0'),
          'the issuer is not that of the tenant which the app believes',
        ],
        [
          secretSetting === 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID' && secretSetting in settings,
          'the identity does not stand in for the client secret',
        ],
        [at(authentication, 'httpSettings', 'requireHttps') === true, 'sign-in does not require HTTPS'],
      ];
      return must.filter(([holds]) => !holds).map(([, fault]) => fault);
    },
  },
];
