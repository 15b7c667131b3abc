import { useEffect, useState, type ReactElement } from 'react';
import { useNavigate } from 'react-router-dom';
import { redirectToAuth } from 'supertokens-auth-react';
import { signOut, useSessionContext } from 'supertokens-auth-react/recipe/session';
import { ApiError, getProfile, likeComment, signOutEverywhere, type Profile } from './api';

/** What a signed-in person sees. */
export function HomePage(): ReactElement | null {
  const session = useSessionContext();
  const navigate = useNavigate();
  const [profile, setProfile] = useState<Profile>();
  const [likes, setLikes] = useState(0);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  const run = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await action();
    } catch (error) {
      // 401 and 403 are the session's: SessionAuth sees them too, and leads to the page that puts it right.
      const isSession = error instanceof ApiError && (error.status === 401 || error.status === 403);
      setProblem(isSession ? '' : 'That did not work. Check that the API runs, and try again.');
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    void run(async () => {
      setProfile(await getProfile());
    });
  }, []);

  if (session.loading || !session.doesSessionExist) {
    return null;
  }
  return (
    <main aria-busy={profile === undefined}>
      <h1>{profile === undefined ? 'Hello' : `Hello, ${profile.email}`}</h1>
      <dl>
        <dt>User id</dt>
        <dd>{session.userId}</dd>
        <dt>Member since</dt>
        <dd>{profile === undefined ? '…' : new Date(profile.timeJoined).toLocaleDateString()}</dd>
      </dl>
      <p role="alert">{problem}</p>
      <p>
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              setLikes(await likeComment());
            })
          }
        >
          Like
        </button>{' '}
        <output>{likes === 1 ? '1 like' : `${String(likes)} likes`}</output>
      </p>
      <p className="actions">
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await signOut();
              await redirectToAuth({ navigate, redirectBack: false });
            })
          }
        >
          Sign out
        </button>
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await signOutEverywhere();
              await redirectToAuth({ navigate, redirectBack: false });
            })
          }
        >
          Sign out everywhere
        </button>
      </p>
      <details>
        <summary>Access token payload</summary>
        <pre>{JSON.stringify(session.accessTokenPayload, null, 2)}</pre>
      </details>
    </main>
  );
}
