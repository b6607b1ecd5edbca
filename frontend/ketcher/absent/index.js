// Miew (Ketcher's own 3D view, with three.js) and dpdm (a tool of its developers) are left out.
export default () => null;
export const Viewer = () => null;
