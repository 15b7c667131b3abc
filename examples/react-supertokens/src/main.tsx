import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { startAuth } from './auth';
import './style.css';

const root = document.getElementById('root');
if (root === null) {
  throw new Error('The page has no element with the id root');
}
startAuth();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
