// What Node has and a browser does not; packages for both ask for it.
export const process = { env: {}, browser: true };
