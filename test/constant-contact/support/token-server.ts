// A small token endpoint with rotating, single-use refresh tokens, over real HTTP.
import { startRecordingServer, type Answer } from './recording-server';

export async function startTokenServer(options: { readonly longLived?: boolean } = {}) {
  const server = await startRecordingServer();
  const state = {
    generation: 1,
    /** Changes an answer on its way out; `undefined` breaks the connection instead. */
    onTheWay: (answer: Answer): Answer | undefined => answer,
    valid: () => (options.longLived ? 'refresh-long-lived' : `refresh-${state.generation}`),
  };
  server.answer(({ body }, response) => {
    const given = new URLSearchParams(body.toString()).get('refresh_token');
    let answer: Answer;
    if (given === state.valid()) {
      state.generation += 1;
      answer = {
        body: {
          token_type: 'Bearer',
          expires_in: 86_400,
          access_token: `access-${state.generation}`,
          refresh_token: state.valid(),
        },
      };
    } else {
      answer = {
        status: 400,
        body: {
          error: 'invalid_grant',
          error_description: `The refresh token ${given} is invalid or expired.`,
        },
      };
    }
    const sent = state.onTheWay(answer);
    if (!sent) response.destroy();
    return sent;
  });
  return { server, state };
}
