/* guest/pe/wineboot/boot.h: the parts of FVM's lean wineboot. Private to it. */
#pragma once
#include "guest/pe/lib/nt.h"

/** Fill the page that every process sees at 0x7ffe0000, as Wine's own wineboot does. */
void boot_shared_data(void);

/** Make the volatile keys below HKLM\Hardware\Description\System. */
void boot_hardware_keys(void);

/** Bring PROCESSOR_* of the system's environment up to date. */
void boot_environment_keys(void);

/** Make ComputerName\ActiveComputerName from the host name, unless the base carries it. */
void boot_computer_name(void);

/** Make HKCU\Volatile Environment: APPDATA, USERPROFILE and their like come from there. */
void boot_user_environment(void);

/** In a VM with a display: have Wine use it; on a private one with a desktop of its size. */
void boot_desktop(void);

/** Do what installers left for the next boot in PendingFileRenameOperations and wininit.ini. */
void boot_pending_renames(void);

/** True when HKLM's RunOnce holds programs that must have ended before others start. */
bool boot_has_run_once(void);

/** True when a service is to be started with the system: the base has none, installers add some. */
bool boot_has_auto_start(void);

/** Run the programs of HKLM's RunOnce, one after the other, each taken off the list first. */
void boot_run_once(void);

/** Start, without waiting, RunServices, RunServicesOnce of HKLM and RunOnce of HKCU. */
void boot_run_in_background(void);

/**
 * End the session: ask all windows, end all programs.
 *
 * @param ask  [in] send WM_QUERYENDSESSION and WM_ENDSESSION before
 * @param force [in] do not let a program refuse
 * @param kill [in] end all programs, those without windows included
 * @return false a program refused
 */
bool boot_end_session(bool ask, bool force, bool kill);
