import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The API answers one website only (WEBSITE_DOMAIN), so another port would not do.
const server = { port: 3100, strictPort: true };

export default defineConfig({
  plugins: [react()],
  server,
  preview: server,
  // The prebuilt UI in one file; an app of more pages would load it only below /auth.
  build: { chunkSizeWarningLimit: 1000 },
});
