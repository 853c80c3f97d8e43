/**
 * Machine code of `kvm-boot-sector.S`, in hexadecimal: what the probe of KVM boots on x86. The probe pads it to a
 * sector and signs it.
 */
export const BOOT_CODE =
  "fa31c08ed88ec08ed0bc0070e4920c02e692bf00106631c0b9000cfc66f3abc70600100320c70600200330c706003083" +
  "0066b8001000000f22d80f20e00c200f22e066b9800000c00f3280cc010f300f0116887c0f20c0660d010000800f22c0" +
  "ea657c0800b900e1f505ffc975fcb01066baf400eef4ebfd0000000000000000ffff0000009aaf000f00787c";
