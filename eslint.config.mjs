// Lint rules. Two of them guard the design: orchestrators stay replay-safe, and dependencies point inward.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const azureClients = [
  '@azure/storage-blob',
  '@azure/data-tables',
  '@azure/identity',
  '@azure/keyvault-secrets',
  '@azure/storage-queue',
];
const functionsHost = ['@azure/functions', '@azure/functions-core', 'durable-functions'];

/** Forbids imports. Each entry: packages or path patterns, and the sentence that says what to do instead. */
const noImports = (...rules) => [
  'error',
  { patterns: rules.map(({ group, message }) => ({ group, message })) },
];
const noHost = {
  group: functionsHost,
  message:
    'Only functions/ talks to the Functions host; export a plain function and let functions/ register it.',
};
const noClients = {
  group: azureClients,
  message: 'Azure clients live in shared/platform; take its interfaces as arguments.',
};
const noOuter = {
  group: ['**/functions/**'],
  message: 'shared/ is the inside: it never imports functions/.',
};
const noTest = { group: ['**/test/**', '**/emulators/**'], message: 'The app never imports what tests it.' };

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.local/'] },
  js.configs.recommended,
  {
    files: ['**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', module: 'writable', require: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'No barrel files: import from the file that defines it.',
        },
      ],
    },
  },
  {
    files: ['shared/**/*.ts'],
    rules: { 'no-restricted-imports': noImports(noHost, noClients, noOuter, noTest) },
  },
  {
    files: ['shared/platform/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(noHost, noOuter, noTest, {
        group: ['../[!.]*/**', '../../*'],
        message: 'platform is the innermost room: it imports no other.',
      }),
    },
  },
  { files: ['functions/**/*.ts'], rules: { 'no-restricted-imports': noImports(noClients, noTest) } },
  {
    files: ['functions/orchestrators/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(noClients, noTest, {
        group: ['node:*', 'fs', 'crypto', 'http', 'https', '@azure/*', '**/composition*'],
        message: 'An orchestrator is replayed: put input and output into an activity and yield it.',
      }),
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Replay would call again: put the call into an activity.' },
        {
          name: 'process',
          message: 'Settings may differ at replay: take them from the orchestration input.',
        },
        { name: 'setTimeout', message: 'Use context.df.createTimer.' },
        { name: 'setInterval', message: 'Use context.df.createTimer.' },
        { name: 'crypto', message: 'Use context.df.newGuid, or an id from the input.' },
        { name: 'console', message: 'Replay would log again: log in an activity.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Use context.df.currentUtcDateTime.' },
        { object: 'Math', property: 'random', message: 'Use an id from the input.' },
        { object: 'performance', property: 'now', message: 'Use context.df.currentUtcDateTime.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'No barrel files: import from the file that defines it.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Use context.df.currentUtcDateTime.',
        },
        {
          selector: 'AwaitExpression',
          message: 'Orchestrators yield tasks of context.df; they never await.',
        },
      ],
    },
  },
  {
    files: ['test/emulators/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(
        { group: ['**/shared/**', '!./**/shared/**'], message: 'Emulators import nothing of the app.' },
        { group: ['**/../functions/**'], message: 'Emulators import nothing of the app.' },
      ),
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
);
