<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>CallActions</name>
    <message>
        <source>Mute the microphone</source>
        <translation>Das Mikrofon stumm schalten</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>Stumm</translation>
    </message>
    <message>
        <source>Switch the camera off</source>
        <translation>Die Kamera ausschalten</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Sharpness of the picture</source>
        <translation>Schärfe des Bildes</translation>
    </message>
    <message>
        <source>Sharpness</source>
        <translation>Schärfe</translation>
    </message>
    <message>
        <source>Show me a real picture</source>
        <translation>Ein echtes Bild zeigen lassen</translation>
    </message>
    <message>
        <source>Real picture</source>
        <translation>Echtes Bild</translation>
    </message>
    <message>
        <source>Keep this picture</source>
        <translation>Dieses Bild behalten</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>Fill the screen</source>
        <translation>Den Bildschirm füllen</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>What I send</source>
        <translation>Was ich sende</translation>
    </message>
    <message>
        <source>I send</source>
        <translation>Ich sende</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Hang up</source>
        <translation>Auflegen</translation>
    </message>
    <message>
        <source>Automatic, as sharp as this computer can</source>
        <translation>Automatisch, so scharf dieser Rechner kann</translation>
    </message>
    <message>
        <source>How sharp the other person is drawn (0 to 5); what is sent stays the same</source>
        <translation>Wie scharf die andere Person gezeichnet wird (0 bis 5); was gesendet wird, bleibt gleich</translation>
    </message>
    <message>
        <source>Send what is best</source>
        <translation>Senden, was am besten ist</translation>
    </message>
    <message>
        <source>Send my avatar only</source>
        <translation>Nur meinen Avatar senden</translation>
    </message>
    <message>
        <source>Send real video</source>
        <translation>Echtes Video senden</translation>
    </message>
    <message>
        <source>Send sound only</source>
        <translation>Nur Ton senden</translation>
    </message>
    <message>
        <source>Unmute the microphone</source>
        <translation>Das Mikrofon wieder einschalten</translation>
    </message>
    <message>
        <source>Unmute</source>
        <translation>Laut</translation>
    </message>
    <message>
        <source>Switch the camera on</source>
        <translation>Die Kamera einschalten</translation>
    </message>
    <message>
        <source>Camera on</source>
        <translation>Kamera an</translation>
    </message>
    <message>
        <source>Sharpness auto</source>
        <translation>Schärfe automatisch</translation>
    </message>
    <message>
        <source>Sharpness {0}</source>
        <translation>Schärfe {0}</translation>
    </message>
</context>
<context>
    <name>CallOver</name>
    <message>
        <source>&amp;Home</source>
        <translation>&amp;Start</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>&amp;Noch einmal</translation>
    </message>
</context>
<context>
    <name>CallPage</name>
    <message>
        <source>Call</source>
        <translation>Anruf</translation>
    </message>
    <message>
        <source>&amp;Call</source>
        <translation>&amp;Anruf</translation>
    </message>
    <message>
        <source>Hang up?</source>
        <translation>Auflegen?</translation>
    </message>
    <message>
        <source>You are in a call. Do you want to hang up?</source>
        <translation>Sie sind in einem Gespräch. Möchten Sie auflegen?</translation>
    </message>
    <message>
        <source>Hang up</source>
        <translation>Auflegen</translation>
    </message>
    <message>
        <source>Start a call</source>
        <translation>Einen Anruf beginnen</translation>
    </message>
    <message>
        <source>Give this code to the person you want to talk to, by telephone or in a message. It is good for one call.</source>
        <translation>Geben Sie diesen Code der Person, mit der Sie sprechen möchten, am Telefon oder in einer Nachricht. Er gilt für einen Anruf.</translation>
    </message>
    <message>
        <source>Join a call</source>
        <translation>An einem Anruf teilnehmen</translation>
    </message>
    <message>
        <source>The demo call</source>
        <translation>Der Probeanruf</translation>
    </message>
    <message>
        <source>An animated sample portrait with a synthetic voice talks to you over a real connection on this computer.</source>
        <translation>Ein animiertes Beispielporträt mit künstlicher Stimme spricht mit Ihnen über eine echte Verbindung auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Hanging up …</source>
        <translation>Es wird aufgelegt …</translation>
    </message>
    <message>
        <source>The line is gone. Reconnecting …</source>
        <translation>Die Leitung ist weg. Es wird neu verbunden …</translation>
    </message>
    <message>
        <source>There is no real picture: {0}</source>
        <translation>Es gibt kein echtes Bild: {0}</translation>
    </message>
    <message>
        <source>From the other person&apos;s camera, {0}</source>
        <translation>Von der Kamera der anderen Person, {0}</translation>
    </message>
    <message>
        <source>The other person asked for a real picture of your camera, and got one.</source>
        <translation>Die andere Person hat um ein echtes Bild Ihrer Kamera gebeten und eines bekommen.</translation>
    </message>
    <message>
        <source>Your camera gives no picture: the other person hears you, but does not see you.</source>
        <translation>Ihre Kamera liefert kein Bild: Die andere Person hört Sie, sieht Sie aber nicht.</translation>
    </message>
    <message>
        <source>The call could not begin</source>
        <translation>Der Anruf konnte nicht beginnen</translation>
    </message>
    <message>
        <source>&amp;Start another call</source>
        <translation>&amp;Noch einen Anruf beginnen</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>&amp;Noch einmal</translation>
    </message>
    <message>
        <source>It took {0}:{1:02d} minutes, the picture {2:.1f} kbps, all packets {3:.0f} kbps in.</source>
        <translation>Er dauerte {0}:{1:02d} Minuten; das Bild nahm {2:.1f} kbit/s, alle Pakete zusammen {3:.0f} kbit/s, herein.</translation>
    </message>
    <message>
        <source>The demo is over.</source>
        <translation>Der Probeanruf ist zu Ende.</translation>
    </message>
    <message>
        <source>One moment</source>
        <translation>Einen Moment</translation>
    </message>
    <message>
        <source>Too many lines wait for the other person.</source>
        <translation>Zu viele Zeilen warten auf die andere Person.</translation>
    </message>
    <message>
        <source>Asking the other person&apos;s camera …</source>
        <translation>Die Kamera der anderen Person wird gefragt …</translation>
    </message>
</context>
<context>
    <name>ChatPanel</name>
    <message>
        <source>Write something</source>
        <translation>Schreiben Sie etwas</translation>
    </message>
    <message>
        <source>Chat line</source>
        <translation>Chatzeile</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Send (Return)</source>
        <translation>Senden (Eingabetaste)</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>On its way</source>
        <translation>Unterwegs</translation>
    </message>
</context>
<context>
    <name>ConnectionPart</name>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>&amp;Test</source>
        <translation>&amp;Prüfen</translation>
    </message>
    <message>
        <source>Test the meeting point</source>
        <translation>Den Treffpunkt prüfen</translation>
    </message>
    <message>
        <source>Meeting &amp;point</source>
        <translation>&amp;Treffpunkt</translation>
    </message>
    <message>
        <source>Both ends must use the same one. It cannot listen in.</source>
        <translation>Beide Enden müssen denselben benutzen. Er kann nicht mithören.</translation>
    </message>
    <message>
        <source>Go through a TURN server &amp;alone: whom you call does not see your address</source>
        <translation>&amp;Nur über einen TURN-Server: Wen Sie anrufen, sieht Ihre Adresse nicht</translation>
    </message>
    <message>
        <source>STUN and TURN ser&amp;vers</source>
        <translation>STUN- und TURN-Ser&amp;ver</translation>
    </message>
    <message>
        <source>turn:turn.example.org</source>
        <translation>turn:turn.example.org</translation>
    </message>
    <message>
        <source>user name</source>
        <translation>Benutzername</translation>
    </message>
    <message>
        <source>password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>User name of the new server</source>
        <translation>Benutzername des neuen Servers</translation>
    </message>
    <message>
        <source>Password of the new server</source>
        <translation>Passwort des neuen Servers</translation>
    </message>
    <message>
        <source>A&amp;dd</source>
        <translation>&amp;Hinzufügen</translation>
    </message>
    <message>
        <source>Ne&amp;w server</source>
        <translation>Ne&amp;uer Server</translation>
    </message>
    <message>
        <source>Who &amp;you are there</source>
        <translation>Wer &amp;Sie dort sind</translation>
    </message>
    <message>
        <source>Test the se&amp;lected one</source>
        <translation>Den &amp;gewählten prüfen</translation>
    </message>
    <message>
        <source>&amp;Remove it</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>Add a TURN server first</source>
        <translation>Fügen Sie zuerst einen TURN-Server hinzu</translation>
    </message>
    <message>
        <source>Asking …</source>
        <translation>Es wird gefragt …</translation>
    </message>
    <message>
        <source>{0} answers.</source>
        <translation>{0} antwortet.</translation>
    </message>
</context>
<context>
    <name>ConsentView</name>
    <message>
        <source>Your name, as others will see it</source>
        <translation>Ihr Name, wie andere ihn sehen</translation>
    </message>
    <message>
        <source>How long the computer may learn</source>
        <translation>Wie lange der Rechner lernen darf</translation>
    </message>
    <message>
        <source>quick, softer</source>
        <translation>schnell, weicher</translation>
    </message>
    <message>
        <source>recommended</source>
        <translation>empfohlen</translation>
    </message>
    <message>
        <source>finest</source>
        <translation>am feinsten</translation>
    </message>
    <message>
        <source>{0} minutes – {1}</source>
        <translation>{0} Minuten – {1}</translation>
    </message>
    <message>
        <source>&amp;Your name, as others will see it</source>
        <translation>&amp;Ihr Name, wie andere ihn sehen</translation>
    </message>
    <message>
        <source>How long the computer may &amp;learn</source>
        <translation>Wie lange der Rechner &amp;lernen darf</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Only your own face</source>
        <translation>Nur Ihr eigenes Gesicht</translation>
    </message>
    <message>
        <source>The avatar will look and move like the person in the recording. Make one of yourself only. Making one of somebody else without their consent can be a crime.</source>
        <translation>Der Avatar sieht aus und bewegt sich wie die Person in der Aufnahme. Machen Sie nur einen von sich selbst. Einen von jemand anderem ohne dessen Einwilligung zu machen, kann strafbar sein.</translation>
    </message>
    <message>
        <source>It stays on this computer</source>
        <translation>Er bleibt auf diesem Rechner</translation>
    </message>
    <message>
        <source>The recording is deleted once the avatar is finished. The avatar itself is one file, kept in {0}. It goes to nobody but the people you call, so that they can see you.</source>
        <translation>Die Aufnahme wird gelöscht, sobald der Avatar fertig ist. Der Avatar selbst ist eine Datei in {0}. Er geht nur an die Menschen, die Sie anrufen, damit sie Sie sehen können.</translation>
    </message>
    <message>
        <source>You can delete it at any time</source>
        <translation>Sie können ihn jederzeit löschen</translation>
    </message>
    <message>
        <source>“My avatar” has a button for that. Somebody whom you have called keeps a copy until they delete it too.</source>
        <translation>Unter „Mein Avatar“ gibt es dafür einen Knopf. Wen Sie angerufen haben, behält eine Kopie, bis auch er sie löscht.</translation>
    </message>
    <message>
        <source>Make your avatar</source>
        <translation>Machen Sie Ihren Avatar</translation>
    </message>
    <message>
        <source>I agree, and the person before the camera is &amp;me</source>
        <translation>Ich bin einverstanden, und die Person vor der Kamera bin &amp;ich</translation>
    </message>
    <message>
        <source>&amp;Begin the recording (about 2 minutes)</source>
        <translation>&amp;Mit der Aufnahme beginnen (etwa 2 Minuten)</translation>
    </message>
    <message>
        <source>Make your avatar from a video</source>
        <translation>Machen Sie Ihren Avatar aus einem Video</translation>
    </message>
    <message>
        <source>I agree, and the person in “{0}” is &amp;me</source>
        <translation>Ich bin einverstanden, und die Person in „{0}“ bin &amp;ich</translation>
    </message>
    <message>
        <source>&amp;Begin to learn</source>
        <translation>&amp;Mit dem Lernen beginnen</translation>
    </message>
</context>
<context>
    <name>CoverageRing</name>
    <message>
        <source>Your camera, as in a mirror</source>
        <translation>Ihre Kamera, wie im Spiegel</translation>
    </message>
    <message>
        <source>{0} percent of your face has been seen</source>
        <translation>{0} Prozent Ihres Gesichts sind gesehen</translation>
    </message>
</context>
<context>
    <name>DataPart</name>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>&amp;Never send more than</source>
        <translation>&amp;Nie mehr senden als</translation>
    </message>
    <message>
        <source> kbit/s</source>
        <translation> kbit/s</translation>
    </message>
    <message>
        <source>Most that a call may send, in kilobits per second</source>
        <translation>Das meiste, was ein Anruf senden darf, in Kilobit je Sekunde</translation>
    </message>
    <message>
        <source> hours</source>
        <translation> Stunden</translation>
    </message>
    <message>
        <source>&amp;Limit</source>
        <translation>&amp;Grenze</translation>
    </message>
    <message>
        <source>Calls per &amp;day</source>
        <translation>Anrufe am &amp;Tag</translation>
    </message>
    <message>
        <source>That is enough for your avatar and your voice, not for video.</source>
        <translation>Das reicht für Ihren Avatar und Ihre Stimme, nicht für Video.</translation>
    </message>
    <message>
        <source>Your avatar and your voice take about 30 kbit/s; video takes what the line gives.</source>
        <translation>Ihr Avatar und Ihre Stimme brauchen etwa 30 kbit/s; Video nimmt, was die Leitung hergibt.</translation>
    </message>
    <message>
        <source>In a month about {0} as avatars, at most {1} as video.</source>
        <translation>Im Monat etwa {0} als Avatare, höchstens {1} als Video.</translation>
    </message>
</context>
<context>
    <name>DevicesPart</name>
    <message>
        <source>Sound</source>
        <translation>Ton</translation>
    </message>
    <message>
        <source>&amp;Microphone</source>
        <translation>&amp;Mikrofon</translation>
    </message>
    <message>
        <source>Loud&amp;speaker</source>
        <translation>&amp;Lautsprecher</translation>
    </message>
    <message>
        <source>No microphone</source>
        <translation>Kein Mikrofon</translation>
    </message>
    <message>
        <source>No loudspeaker</source>
        <translation>Kein Lautsprecher</translation>
    </message>
    <message>
        <source>The system&apos;s choice</source>
        <translation>Was das System wählt</translation>
    </message>
    <message>
        <source>No sound device is found. Plug in a headset: it shows here.</source>
        <translation>Es ist kein Tongerät zu finden. Stecken Sie ein Headset ein: Es erscheint hier.</translation>
    </message>
</context>
<context>
    <name>Dialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>Ended</name>
    <message>
        <source>You hung up.</source>
        <translation>Sie haben aufgelegt.</translation>
    </message>
    <message>
        <source>You declined the call.</source>
        <translation>Sie haben den Anruf abgelehnt.</translation>
    </message>
    <message>
        <source>The other person hung up.</source>
        <translation>Die andere Person hat aufgelegt.</translation>
    </message>
    <message>
        <source>The other person declined the call.</source>
        <translation>Die andere Person hat den Anruf abgelehnt.</translation>
    </message>
    <message>
        <source>Nobody took the call.</source>
        <translation>Niemand hat den Anruf angenommen.</translation>
    </message>
    <message>
        <source>The call was not taken in time.</source>
        <translation>Der Anruf wurde nicht rechtzeitig angenommen.</translation>
    </message>
</context>
<context>
    <name>Enrol</name>
    <message>
        <source>I cannot see a face. Sit in front of the camera.</source>
        <translation>Ich sehe kein Gesicht. Setzen Sie sich vor die Kamera.</translation>
    </message>
    <message>
        <source>It is too dark. Turn on a lamp in front of you.</source>
        <translation>Es ist zu dunkel. Schalten Sie eine Lampe vor sich ein.</translation>
    </message>
    <message>
        <source>It is too bright. Turn away from the light a little.</source>
        <translation>Es ist zu hell. Drehen Sie sich ein wenig vom Licht weg.</translation>
    </message>
    <message>
        <source>Your face is in shadow. Do not sit with your back to a window.</source>
        <translation>Ihr Gesicht liegt im Schatten. Setzen Sie sich nicht mit dem Rücken zum Fenster.</translation>
    </message>
    <message>
        <source>Come closer to the camera.</source>
        <translation>Kommen Sie näher an die Kamera.</translation>
    </message>
    <message>
        <source>Move back a little.</source>
        <translation>Gehen Sie ein wenig zurück.</translation>
    </message>
    <message>
        <source>Move into the middle of the circle.</source>
        <translation>Rücken Sie in die Mitte des Kreises.</translation>
    </message>
    <message>
        <source>The picture is blurred. Hold still, or clean the camera.</source>
        <translation>Das Bild ist unscharf. Halten Sie still, oder putzen Sie die Kamera.</translation>
    </message>
    <message>
        <source>Turn your head to your left</source>
        <translation>Drehen Sie den Kopf nach links</translation>
    </message>
    <message>
        <source>Turn your head to your right</source>
        <translation>Drehen Sie den Kopf nach rechts</translation>
    </message>
    <message>
        <source>Close your eyes for a second</source>
        <translation>Schließen Sie eine Sekunde die Augen</translation>
    </message>
    <message>
        <source>Open your mouth wide</source>
        <translation>Machen Sie den Mund weit auf</translation>
    </message>
    <message>
        <source>straight ahead</source>
        <translation>geradeaus</translation>
    </message>
    <message>
        <source>to the left</source>
        <translation>nach links</translation>
    </message>
    <message>
        <source>to the right</source>
        <translation>nach rechts</translation>
    </message>
    <message>
        <source>up</source>
        <translation>nach oben</translation>
    </message>
    <message>
        <source>down</source>
        <translation>nach unten</translation>
    </message>
    <message>
        <source>talking</source>
        <translation>Sprechen</translation>
    </message>
    <message>
        <source>a smile</source>
        <translation>ein Lächeln</translation>
    </message>
    <message>
        <source>raised brows</source>
        <translation>hochgezogene Brauen</translation>
    </message>
    <message>
        <source>closed eyes</source>
        <translation>geschlossene Augen</translation>
    </message>
    <message>
        <source>an open mouth</source>
        <translation>ein offener Mund</translation>
    </message>
    <message>
        <source>Read this aloud</source>
        <translation>Lesen Sie das laut vor</translation>
    </message>
    <message>
        <source>Look into the camera</source>
        <translation>Schauen Sie in die Kamera</translation>
    </message>
    <message>
        <source>Sit relaxed, as in a call.</source>
        <translation>Sitzen Sie entspannt, wie in einem Gespräch.</translation>
    </message>
    <message>
        <source>Turn slowly to your left</source>
        <translation>Drehen Sie sich langsam nach links</translation>
    </message>
    <message>
        <source>And back again. Do it once more.</source>
        <translation>Und wieder zurück. Noch einmal.</translation>
    </message>
    <message>
        <source>Turn slowly to your right</source>
        <translation>Drehen Sie sich langsam nach rechts</translation>
    </message>
    <message>
        <source>Look up slowly</source>
        <translation>Schauen Sie langsam nach oben</translation>
    </message>
    <message>
        <source>Lift your chin, then come back.</source>
        <translation>Heben Sie das Kinn, dann wieder zurück.</translation>
    </message>
    <message>
        <source>Look down slowly</source>
        <translation>Schauen Sie langsam nach unten</translation>
    </message>
    <message>
        <source>Lower your chin, then come back.</source>
        <translation>Senken Sie das Kinn, dann wieder zurück.</translation>
    </message>
    <message>
        <source>“The old fisherman watched five blue boats move past the harbour wall.”</source>
        <translation>„Der alte Fischer sah fünf blaue Boote an der Hafenmauer vorbeiziehen.“</translation>
    </message>
    <message>
        <source>“Please bring me two cups of tea and the cherry cake, we have much to talk about.”</source>
        <translation>„Bitte bring mir zwei Tassen Tee und den Kirschkuchen, wir haben uns viel zu erzählen.“</translation>
    </message>
    <message>
        <source>Give a big smile</source>
        <translation>Lächeln Sie breit</translation>
    </message>
    <message>
        <source>Show your teeth. Then relax, and smile again.</source>
        <translation>Zeigen Sie die Zähne. Dann entspannen Sie sich und lächeln noch einmal.</translation>
    </message>
    <message>
        <source>Raise your eyebrows</source>
        <translation>Ziehen Sie die Augenbrauen hoch</translation>
    </message>
    <message>
        <source>As if you were surprised. A few times.</source>
        <translation>Als wären Sie überrascht. Ein paar Mal.</translation>
    </message>
    <message>
        <source>Close your eyes</source>
        <translation>Schließen Sie die Augen</translation>
    </message>
    <message>
        <source>For a second. Open them, and close them again.</source>
        <translation>Eine Sekunde lang. Öffnen Sie sie und schließen Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>As at the dentist&apos;s. Then close it.</source>
        <translation>Wie beim Zahnarzt. Dann wieder zu.</translation>
    </message>
    <message>
        <source>“How was your week? I will tell you about mine.” Move your head as you like.</source>
        <translation>„Wie war deine Woche? Ich erzähle dir von meiner.“ Bewegen Sie den Kopf, wie Sie mögen.</translation>
    </message>
    <message>
        <source>That took too long. Let us try once more.</source>
        <translation>Das hat zu lange gedauert. Versuchen wir es noch einmal.</translation>
    </message>
    <message>
        <source>That was something else. Let us try once more.</source>
        <translation>Das war etwas anderes. Versuchen wir es noch einmal.</translation>
    </message>
    <message>
        <source>Your face was out of the picture. Let us check once more that it is you.</source>
        <translation>Ihr Gesicht war nicht im Bild. Prüfen wir noch einmal, ob Sie es sind.</translation>
    </message>
    <message>
        <source>Reading the recording</source>
        <translation>Die Aufnahme wird gelesen</translation>
    </message>
    <message>
        <source>Following your face through the recording</source>
        <translation>Ihr Gesicht wird durch die Aufnahme verfolgt</translation>
    </message>
    <message>
        <source>Getting ready; the first time this takes a minute or two</source>
        <translation>Es wird vorbereitet; beim ersten Mal dauert das ein, zwei Minuten</translation>
    </message>
    <message>
        <source>Learning how you look</source>
        <translation>Es lernt, wie Sie aussehen</translation>
    </message>
    <message>
        <source>Packing your avatar</source>
        <translation>Ihr Avatar wird gepackt</translation>
    </message>
    <message>
        <source>about {0} minutes left</source>
        <translation>noch etwa {0} Minuten</translation>
    </message>
    <message>
        <source>about a minute left</source>
        <translation>noch etwa eine Minute</translation>
    </message>
    <message>
        <source>about {0} seconds left</source>
        <translation>noch etwa {0} Sekunden</translation>
    </message>
    <message>
        <source>{0} KB</source>
        <translation>{0} KB</translation>
    </message>
</context>
<context>
    <name>EnrolPage</name>
    <message>
        <source>My avatar</source>
        <translation>Mein Avatar</translation>
    </message>
    <message>
        <source>&amp;New avatar</source>
        <translation>&amp;Neuer Avatar</translation>
    </message>
    <message>
        <source>The recording will be deleted. You can begin again at any time.</source>
        <translation>Die Aufnahme wird gelöscht. Sie können jederzeit neu beginnen.</translation>
    </message>
    <message>
        <source>End the recording?</source>
        <translation>Die Aufnahme beenden?</translation>
    </message>
    <message>
        <source>End it</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Learning will pause. Nothing is lost: under “My avatar” you can go on later.</source>
        <translation>Das Lernen hält an. Nichts geht verloren: Unter „Mein Avatar“ können Sie später weitermachen.</translation>
    </message>
    <message>
        <source>Pause?</source>
        <translation>Anhalten?</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>A video that shows you, talking, for a minute</source>
        <translation>Ein Video, das Sie eine Minute lang beim Sprechen zeigt</translation>
    </message>
    <message>
        <source>Begin anew?</source>
        <translation>Neu beginnen?</translation>
    </message>
    <message>
        <source>An avatar is not finished yet. Its recording will be deleted.</source>
        <translation>Ein Avatar ist noch nicht fertig. Seine Aufnahme wird gelöscht.</translation>
    </message>
    <message>
        <source>Begin anew</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Nothing can be recorded</source>
        <translation>Es kann nichts aufgenommen werden</translation>
    </message>
    <message>
        <source>The folder for it cannot be written.</source>
        <translation>In den Ordner dafür kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>No camera is chosen in the settings.</source>
        <translation>In den Einstellungen ist keine Kamera gewählt.</translation>
    </message>
    <message>
        <source>I could not make sure that it is you</source>
        <translation>Ich konnte nicht sicherstellen, dass Sie es sind</translation>
    </message>
    <message>
        <source>Sit in good light, do each thing clearly, and come back to looking straight ahead.</source>
        <translation>Setzen Sie sich in gutes Licht, tun Sie alles deutlich und schauen Sie dann wieder geradeaus.</translation>
    </message>
    <message>
        <source>The recording has failed</source>
        <translation>Die Aufnahme ist misslungen</translation>
    </message>
    <message>
        <source>Please try again. If that does not help, start Visavis anew.</source>
        <translation>Bitte versuchen Sie es noch einmal. Wenn das nicht hilft, starten Sie Visavis neu.</translation>
    </message>
    <message>
        <source>The camera cannot be used</source>
        <translation>Die Kamera kann nicht benutzt werden</translation>
    </message>
    <message>
        <source>Is it plugged in? Does another program use it? Another camera can be chosen in the settings.</source>
        <translation>Ist sie eingesteckt? Benutzt ein anderes Programm sie? In den Einstellungen kann eine andere gewählt werden.</translation>
    </message>
    <message>
        <source>The disk is full</source>
        <translation>Die Festplatte ist voll</translation>
    </message>
    <message>
        <source>An avatar needs some room while it is made. Delete something, then try again.</source>
        <translation>Ein Avatar braucht etwas Platz, während er entsteht. Löschen Sie etwas und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>The video cannot be used</source>
        <translation>Das Video kann nicht benutzt werden</translation>
    </message>
    <message>
        <source>Choose another one.</source>
        <translation>Wählen Sie ein anderes.</translation>
    </message>
    <message>
        <source>Learning was broken off</source>
        <translation>Das Lernen wurde abgebrochen</translation>
    </message>
    <message>
        <source>What was learned is kept: try again to go on from there.</source>
        <translation>Was gelernt wurde, ist aufgehoben: Versuchen Sie es noch einmal, um dort weiterzumachen.</translation>
    </message>
    <message>
        <source>The recording and what was learned from it will be deleted.</source>
        <translation>Die Aufnahme und was daraus gelernt wurde, werden gelöscht.</translation>
    </message>
    <message>
        <source>Delete the recording?</source>
        <translation>Die Aufnahme löschen?</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>There is already an avatar of the name “{0}”.</source>
        <translation>Es gibt schon einen Avatar mit dem Namen „{0}“.</translation>
    </message>
    <message>
        <source>Replace it?</source>
        <translation>Ersetzen?</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>Your avatar is ready: your next call uses it.</source>
        <translation>Ihr Avatar ist fertig: Ihr nächster Anruf benutzt ihn.</translation>
    </message>
    <message>
        <source>The avatar and its recording will be deleted.</source>
        <translation>Der Avatar und seine Aufnahme werden gelöscht.</translation>
    </message>
    <message>
        <source>Discard it?</source>
        <translation>Verwerfen?</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
</context>
<context>
    <name>ErrorView</name>
    <message>
        <source>&amp;Try again</source>
        <translation>&amp;Noch einmal</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
</context>
<context>
    <name>FiguresOverlay</name>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>in</source>
        <translation>herein</translation>
    </message>
    <message>
        <source>out</source>
        <translation>hinaus</translation>
    </message>
    <message>
        <source>Picture, kbps</source>
        <translation>Bild, kbit/s</translation>
    </message>
    <message>
        <source>All packets, kbps</source>
        <translation>Alle Pakete, kbit/s</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>Verloren</translation>
    </message>
    <message>
        <source>Sent as</source>
        <translation>Gesendet als</translation>
    </message>
    <message>
        <source>Pictures a second</source>
        <translation>Bilder je Sekunde</translation>
    </message>
    <message>
        <source>Picture size</source>
        <translation>Bildgröße</translation>
    </message>
    <message>
        <source>Drawing</source>
        <translation>Zeichnen</translation>
    </message>
    <message>
        <source>Latency, about</source>
        <translation>Verzögerung, etwa</translation>
    </message>
    <message>
        <source>Round trip</source>
        <translation>Hin und zurück</translation>
    </message>
</context>
<context>
    <name>HomePage</name>
    <message>
        <source>Home</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>&amp;Call</source>
        <translation>&amp;Anruf</translation>
    </message>
    <message>
        <source>Talk face to face</source>
        <translation>Von Angesicht zu Angesicht</translation>
    </message>
    <message>
        <source>Start a call and pass its code on, or join with the code that you were given.</source>
        <translation>Beginnen Sie einen Anruf und geben Sie seinen Code weiter, oder nehmen Sie mit dem Code teil, den man Ihnen gegeben hat.</translation>
    </message>
    <message>
        <source>&amp;Start a call</source>
        <translation>&amp;Einen Anruf beginnen</translation>
    </message>
    <message>
        <source>Get a code for the other person (Ctrl+N)</source>
        <translation>Einen Code für die andere Person holen (Strg+N)</translation>
    </message>
    <message>
        <source>Or join with a code</source>
        <translation>Oder mit einem Code teilnehmen</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Menschen</translation>
    </message>
    <message>
        <source>My avatar</source>
        <translation>Mein Avatar</translation>
    </message>
    <message>
        <source>Watch a &amp;demo call</source>
        <translation>Einen &amp;Probeanruf ansehen</translation>
    </message>
    <message>
        <source>A sample portrait talks to you; no camera, microphone or network is needed</source>
        <translation>Ein Beispielporträt spricht mit Ihnen; Kamera, Mikrofon und Netz sind nicht nötig</translation>
    </message>
    <message>
        <source>&amp;Join a call</source>
        <translation>&amp;Teilnehmen</translation>
    </message>
    <message>
        <source>&amp;Demo call</source>
        <translation>&amp;Probeanruf</translation>
    </message>
    <message>
        <source>Ready: {0}. Calls send a few bytes of expression in place of a video.</source>
        <translation>Bereit: {0}. Anrufe senden ein paar Byte Mimik anstelle eines Videos.</translation>
    </message>
    <message>
        <source>You have none yet. Until you make one, calls send real video, which a bad line cannot carry.</source>
        <translation>Sie haben noch keinen. Bis Sie einen machen, senden Anrufe echtes Video, das eine schlechte Leitung nicht trägt.</translation>
    </message>
    <message>
        <source>&amp;Manage it</source>
        <translation>&amp;Verwalten</translation>
    </message>
    <message>
        <source>&amp;Make my avatar</source>
        <translation>&amp;Meinen Avatar machen</translation>
    </message>
</context>
<context>
    <name>IncomingCall</name>
    <message>
        <source>Somebody calls</source>
        <translation>Jemand ruft an</translation>
    </message>
    <message>
        <source>They have your code. If you want to be sure, call them by telephone: both of you must see these six pictures. Nothing of you is seen or heard before you take the call.</source>
        <translation>Wer anruft, hat Ihren Code. Wenn Sie sichergehen möchten, telefonieren Sie: Sie beide müssen diese sechs Bilder sehen. Bevor Sie annehmen, ist von Ihnen nichts zu sehen und zu hören.</translation>
    </message>
    <message>
        <source>&amp;Take the call</source>
        <translation>Anruf &amp;annehmen</translation>
    </message>
    <message>
        <source>&amp;Decline</source>
        <translation>A&amp;blehnen</translation>
    </message>
</context>
<context>
    <name>JoinForm</name>
    <message>
        <source>Clear the code</source>
        <translation>Den Code löschen</translation>
    </message>
    <message>
        <source>Code of the call</source>
        <translation>Code des Anrufs</translation>
    </message>
    <message>
        <source>The code that the other person gave you: a number and two words</source>
        <translation>Der Code, den Ihnen die andere Person gegeben hat: eine Zahl und zwei Wörter</translation>
    </message>
    <message>
        <source>&amp;Join</source>
        <translation>&amp;Teilnehmen</translation>
    </message>
    <message>
        <source>Join the call (Return)</source>
        <translation>Am Anruf teilnehmen (Eingabetaste)</translation>
    </message>
    <message>
        <source>That is no code: one has a number and two words, like 7-crossover-clockwork.</source>
        <translation>Das ist kein Code: Er hat eine Zahl und zwei Wörter, wie 7-crossover-clockwork.</translation>
    </message>
</context>
<context>
    <name>KeptAvatars</name>
    <message>
        <source>The settings cannot be kept: {0}</source>
        <translation>Die Einstellungen können nicht gespeichert werden: {0}</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Its new name</source>
        <translation>Der neue Name</translation>
    </message>
    <message>
        <source>Export a copy</source>
        <translation>Eine Kopie ausgeben</translation>
    </message>
    <message>
        <source>A copy is in {0}</source>
        <translation>Eine Kopie liegt in {0}</translation>
    </message>
    <message>
        <source>“{0}” will be gone for good.</source>
        <translation>„{0}“ ist dann endgültig weg.</translation>
    </message>
    <message>
        <source>Delete this avatar?</source>
        <translation>Diesen Avatar löschen?</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>LevelMeter</name>
    <message>
        <source>How loud your microphone is</source>
        <translation>Wie laut Ihr Mikrofon ist</translation>
    </message>
</context>
<context>
    <name>LookPart</name>
    <message>
        <source>Look and language</source>
        <translation>Aussehen und Sprache</translation>
    </message>
    <message>
        <source>&amp;Colours</source>
        <translation>&amp;Farben</translation>
    </message>
    <message>
        <source>Lan&amp;guage</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>The language changes when Visavis is started the next time.</source>
        <translation>Die Sprache wechselt, wenn Visavis das nächste Mal gestartet wird.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Full screen</source>
        <translation>&amp;Vollbild</translation>
    </message>
    <message>
        <source>&amp;Appearance</source>
        <translation>&amp;Aussehen</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;About Visavis</source>
        <translation>&amp;Über Visavis</translation>
    </message>
    <message>
        <source>As the &amp;system</source>
        <translation>Wie das &amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>The settings cannot be kept: {0}</source>
        <translation>Die Einstellungen können nicht gespeichert werden: {0}</translation>
    </message>
    <message>
        <source>A video call for links that cannot carry video.
Version {0}, under the Apache licence 2.0.</source>
        <translation>Videoanrufe für Leitungen, die kein Video tragen.
Version {0}, unter der Apache-Lizenz 2.0.</translation>
    </message>
</context>
<context>
    <name>Mirror</name>
    <message>
        <source>Camera and sound</source>
        <translation>Kamera und Ton</translation>
    </message>
    <message>
        <source>You, as in a mirror</source>
        <translation>Sie, wie im Spiegel</translation>
    </message>
    <message>
        <source>The camera is off</source>
        <translation>Die Kamera ist aus</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Which camera calls use</source>
        <translation>Welche Kamera Anrufe benutzen</translation>
    </message>
    <message>
        <source>&amp;Try them</source>
        <translation>&amp;Ausprobieren</translation>
    </message>
    <message>
        <source>Switch camera and microphone on, to see and hear whether they work</source>
        <translation>Kamera und Mikrofon einschalten, um zu sehen und zu hören, ob sie gehen</translation>
    </message>
    <message>
        <source>Test &amp;loudspeaker</source>
        <translation>&amp;Lautsprecher prüfen</translation>
    </message>
    <message>
        <source>Play a chime</source>
        <translation>Einen Klang spielen</translation>
    </message>
    <message>
        <source>Camera {0}</source>
        <translation>Kamera {0}</translation>
    </message>
    <message>
        <source>No camera</source>
        <translation>Keine Kamera</translation>
    </message>
    <message>
        <source>&amp;Stop trying</source>
        <translation>&amp;Aufhören</translation>
    </message>
    <message>
        <source>No camera is found. You can talk without one.</source>
        <translation>Es ist keine Kamera zu finden. Sie können ohne eine sprechen.</translation>
    </message>
    <message>
        <source>One moment …</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>Kein Bild</translation>
    </message>
</context>
<context>
    <name>Modes</name>
    <message>
        <source>Avatar</source>
        <translation>Avatar</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Audio only</source>
        <translation>Nur Ton</translation>
    </message>
    <message>
        <source>You see a living portrait that is drawn on this computer from the other person&apos;s expression.</source>
        <translation>Sie sehen ein lebendes Porträt, das auf diesem Rechner nach der Mimik der anderen Person gezeichnet wird.</translation>
    </message>
    <message>
        <source>You see the picture of the other person&apos;s camera.</source>
        <translation>Sie sehen das Bild der Kamera der anderen Person.</translation>
    </message>
    <message>
        <source>No picture comes; you hear each other.</source>
        <translation>Es kommt kein Bild; Sie hören einander.</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Close this message</source>
        <translation>Diese Nachricht schließen</translation>
    </message>
</context>
<context>
    <name>OverviewView</name>
    <message>
        <source>From a &amp;video file …</source>
        <translation>Aus einer &amp;Videodatei …</translation>
    </message>
    <message>
        <source>An avatar is not finished</source>
        <translation>Ein Avatar ist nicht fertig</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>&amp;Weitermachen</translation>
    </message>
    <message>
        <source>Delete the recording</source>
        <translation>Die Aufnahme löschen</translation>
    </message>
    <message>
        <source>Avatars on this computer</source>
        <translation>Avatare auf diesem Rechner</translation>
    </message>
    <message>
        <source>This is &amp;me</source>
        <translation>Das bin &amp;ich</translation>
    </message>
    <message>
        <source>&amp;Rename …</source>
        <translation>&amp;Umbenennen …</translation>
    </message>
    <message>
        <source>&amp;Export …</source>
        <translation>&amp;Ausgeben …</translation>
    </message>
    <message>
        <source>&amp;Delete …</source>
        <translation>&amp;Löschen …</translation>
    </message>
    <message>
        <source>Your avatar</source>
        <translation>Ihr Avatar</translation>
    </message>
    <message>
        <source>You have no avatar yet</source>
        <translation>Sie haben noch keinen Avatar</translation>
    </message>
    <message>
        <source>In a call, an avatar needs a small part of the data that video takes: people see you even where no video gets through.</source>
        <translation>In einem Anruf braucht ein Avatar einen kleinen Teil der Daten eines Videos: Man sieht Sie auch dort, wo kein Video durchkommt.</translation>
    </message>
    <message>
        <source>Make a &amp;new avatar</source>
        <translation>Einen &amp;neuen Avatar machen</translation>
    </message>
    <message>
        <source>&amp;Make your avatar (10 minutes)</source>
        <translation>Ihren Avatar &amp;machen (10 Minuten)</translation>
    </message>
    <message>
        <source>“{0}” was recorded, but the computer has not finished learning.</source>
        <translation>„{0}“ ist aufgenommen, aber der Rechner hat noch nicht ausgelernt.</translation>
    </message>
    <message>
        <source>{0} – damaged</source>
        <translation>{0} – beschädigt</translation>
    </message>
    <message>
        <source>✓ {0} – this is me</source>
        <translation>✓ {0} – das bin ich</translation>
    </message>
</context>
<context>
    <name>OwnView</name>
    <message>
        <source>Your own picture</source>
        <translation>Ihr eigenes Bild</translation>
    </message>
    <message>
        <source>You, as in a mirror. Drag it, or move it with the arrow keys.</source>
        <translation>Sie, wie im Spiegel. Ziehen Sie es, oder bewegen Sie es mit den Pfeiltasten.</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>Home</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>My avatar</source>
        <translation>Mein Avatar</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
</context>
<context>
    <name>PeopleList</name>
    <message>
        <source>Nobody yet. Whom you talk to will be remembered here, on this computer only.</source>
        <translation>Noch niemand. Mit wem Sie sprechen, das wird hier behalten, nur auf diesem Rechner.</translation>
    </message>
    <message>
        <source>&amp;Rename</source>
        <translation>&amp;Umbenennen</translation>
    </message>
    <message>
        <source>&amp;Forget</source>
        <translation>&amp;Vergessen</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>The list of people cannot be kept: {0}</source>
        <translation>Die Liste der Menschen kann nicht gespeichert werden: {0}</translation>
    </message>
</context>
<context>
    <name>PersonRow</name>
    <message>
        <source>Somebody without an avatar</source>
        <translation>Jemand ohne Avatar</translation>
    </message>
    <message>
        <source>avatar known</source>
        <translation>Avatar bekannt</translation>
    </message>
    <message>
        <source>no avatar yet</source>
        <translation>noch kein Avatar</translation>
    </message>
    <message>
        <source>Their avatar is on this computer: the next call shows it at once.</source>
        <translation>Der Avatar ist auf diesem Rechner: Der nächste Anruf zeigt ihn sofort.</translation>
    </message>
    <message>
        <source>More about {0}</source>
        <translation>Mehr zu {0}</translation>
    </message>
    <message>
        <source>Rename or forget</source>
        <translation>Umbenennen oder vergessen</translation>
    </message>
    <message>
        <source>today, {0}</source>
        <translation>heute, {0}</translation>
    </message>
</context>
<context>
    <name>Phases</name>
    <message>
        <source>Getting ready … The first time takes a minute.</source>
        <translation>Alles wird vorbereitet … Das erste Mal dauert es eine Minute.</translation>
    </message>
    <message>
        <source>Asking the meeting point …</source>
        <translation>Der Treffpunkt wird gefragt …</translation>
    </message>
    <message>
        <source>Waiting for the other person …</source>
        <translation>Es wird auf die andere Person gewartet …</translation>
    </message>
    <message>
        <source>The other person is there, connecting …</source>
        <translation>Die andere Person ist da, es wird verbunden …</translation>
    </message>
    <message>
        <source>It rings at the other end …</source>
        <translation>Am anderen Ende klingelt es …</translation>
    </message>
    <message>
        <source>Somebody calls</source>
        <translation>Jemand ruft an</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>Verbunden</translation>
    </message>
    <message>
        <source>Reconnecting …</source>
        <translation>Es wird neu verbunden …</translation>
    </message>
    <message>
        <source>The call is over</source>
        <translation>Der Anruf ist zu Ende</translation>
    </message>
</context>
<context>
    <name>Preparation</name>
    <message>
        <source>, about {0} s left</source>
        <translation>, noch etwa {0} s</translation>
    </message>
    <message>
        <source>Getting ready for calls on this computer, once: {0} %{1}. You can call already.</source>
        <translation>Wird auf diesem Computer für Anrufe vorbereitet, einmalig: {0} %{1}. Sie können schon anrufen.</translation>
    </message>
</context>
<context>
    <name>QrView</name>
    <message>
        <source>The code as a QR picture</source>
        <translation>Der Code als QR-Bild</translation>
    </message>
    <message>
        <source>Point a phone&apos;s camera here to read the code</source>
        <translation>Halten Sie die Kamera eines Telefons hierauf, um den Code zu lesen</translation>
    </message>
</context>
<context>
    <name>Quality</name>
    <message>
        <source>The line is excellent</source>
        <translation>Die Leitung ist ausgezeichnet</translation>
    </message>
    <message>
        <source>The line is good</source>
        <translation>Die Leitung ist gut</translation>
    </message>
    <message>
        <source>The line is fair</source>
        <translation>Die Leitung ist mäßig</translation>
    </message>
    <message>
        <source>The line is poor</source>
        <translation>Die Leitung ist schlecht</translation>
    </message>
    <message>
        <source>The line is lost</source>
        <translation>Die Leitung ist weg</translation>
    </message>
    <message>
        <source>some of what is sent gets lost</source>
        <translation>ein Teil des Gesendeten geht verloren</translation>
    </message>
    <message>
        <source>it takes long to get through</source>
        <translation>es dauert lange, bis etwas durchkommt</translation>
    </message>
    <message>
        <source>nothing comes through</source>
        <translation>nichts kommt durch</translation>
    </message>
</context>
<context>
    <name>Reasons</name>
    <message>
        <source>the avatar is on its way ({0} %)</source>
        <translation>der Avatar ist unterwegs ({0} %)</translation>
    </message>
    <message>
        <source>waiting for the first picture</source>
        <translation>es wird auf das erste Bild gewartet</translation>
    </message>
    <message>
        <source>very little data, however bad the line is</source>
        <translation>sehr wenig Daten, wie schlecht die Leitung auch ist</translation>
    </message>
    <message>
        <source>the avatar is on its way</source>
        <translation>der Avatar ist unterwegs</translation>
    </message>
    <message>
        <source>the other person has no avatar yet</source>
        <translation>die andere Person hat noch keinen Avatar</translation>
    </message>
    <message>
        <source>no face is in the other person&apos;s picture</source>
        <translation>im Bild der anderen Person ist kein Gesicht</translation>
    </message>
    <message>
        <source>the camera shows what the avatar cannot</source>
        <translation>die Kamera zeigt, was der Avatar nicht kann</translation>
    </message>
    <message>
        <source>the other person sends real video</source>
        <translation>die andere Person sendet echtes Video</translation>
    </message>
    <message>
        <source>the other person has chosen real video</source>
        <translation>die andere Person hat echtes Video gewählt</translation>
    </message>
    <message>
        <source>the other person has chosen to send sound alone</source>
        <translation>die andere Person hat gewählt, nur Ton zu senden</translation>
    </message>
    <message>
        <source>the other person has switched the camera off</source>
        <translation>die andere Person hat die Kamera ausgeschaltet</translation>
    </message>
    <message>
        <source>the other person has no camera</source>
        <translation>die andere Person hat keine Kamera</translation>
    </message>
</context>
<context>
    <name>RecordingView</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Step 1 of 3</source>
        <translation>Schritt 1 von 3</translation>
    </message>
    <message>
        <source>The camera is opening</source>
        <translation>Die Kamera geht auf</translation>
    </message>
    <message>
        <source>One moment …</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>Step 3 of 3</source>
        <translation>Schritt 3 von 3</translation>
    </message>
    <message>
        <source>Well done</source>
        <translation>Gut gemacht</translation>
    </message>
    <message>
        <source>The recording is being kept …</source>
        <translation>Die Aufnahme wird gespeichert …</translation>
    </message>
    <message>
        <source>Head and shoulders in the circle, light in front of you.</source>
        <translation>Kopf und Schultern im Kreis, das Licht vor Ihnen.</translation>
    </message>
    <message>
        <source>Step 1 of 3: the picture</source>
        <translation>Schritt 1 von 3: das Bild</translation>
    </message>
    <message>
        <source>Look into the camera</source>
        <translation>Schauen Sie in die Kamera</translation>
    </message>
    <message>
        <source>Two seconds are enough</source>
        <translation>Zwei Sekunden genügen</translation>
    </message>
    <message>
        <source>Look straight ahead</source>
        <translation>Schauen Sie geradeaus</translation>
    </message>
    <message>
        <source>Step 2 of 3: is it really you?</source>
        <translation>Schritt 2 von 3: Sind Sie es wirklich?</translation>
    </message>
    <message>
        <source>So that nobody can make an avatar from a photo of you.</source>
        <translation>Damit niemand aus einem Foto von Ihnen einen Avatar machen kann.</translation>
    </message>
    <message>
        <source>{0} of {1} done, {2} seconds for this one</source>
        <translation>{0} von {1} geschafft, {2} Sekunden hierfür</translation>
    </message>
    <message>
        <source>Once more, a little further. {0}</source>
        <translation>Noch einmal, ein wenig weiter. {0}</translation>
    </message>
    <message>
        <source>Step 3 of 3: the recording</source>
        <translation>Schritt 3 von 3: die Aufnahme</translation>
    </message>
</context>
<context>
    <name>RenderingPart</name>
    <message>
        <source>Picture of the other person</source>
        <translation>Bild der anderen Person</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Measure its &amp;speed</source>
        <translation>&amp;Tempo messen</translation>
    </message>
    <message>
        <source>Resol&amp;ution</source>
        <translation>A&amp;uflösung</translation>
    </message>
    <message>
        <source>&amp;Renderer</source>
        <translation>&amp;Zeichner</translation>
    </message>
    <message>
        <source>Processor &amp;threads</source>
        <translation>Prozessor-&amp;Threads</translation>
    </message>
    <message>
        <source>The resolution changes nothing of the data that a call takes.</source>
        <translation>Die Auflösung ändert nichts an den Daten, die ein Anruf braucht.</translation>
    </message>
    <message>
        <source>The best for this computer</source>
        <translation>Der beste für diesen Rechner</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
        <source>Reference, slow</source>
        <translation>Referenz, langsam</translation>
    </message>
    <message>
        <source>Measuring … The first time on a computer this takes some minutes.</source>
        <translation>Es wird gemessen … Beim ersten Mal auf einem Rechner dauert das einige Minuten.</translation>
    </message>
    <message>
        <source>{0}: {1} ms for a picture of {2} × {2}, {3} pictures a second. Why this one: {4}.</source>
        <translation>{0}: {1} ms für ein Bild von {2} × {2}, {3} Bilder je Sekunde. Warum dieser: {4}.</translation>
    </message>
</context>
<context>
    <name>ResultView</name>
    <message>
        <source>Your avatar is ready</source>
        <translation>Ihr Avatar ist fertig</translation>
    </message>
    <message>
        <source>You, as the camera sees you</source>
        <translation>Sie, wie die Kamera Sie sieht</translation>
    </message>
    <message>
        <source>Your avatar, as others will see you</source>
        <translation>Ihr Avatar, wie andere Sie sehen werden</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>&amp;Use it</source>
        <translation>&amp;Benutzen</translation>
    </message>
    <message>
        <source>Record &amp;more</source>
        <translation>&amp;Mehr aufnehmen</translation>
    </message>
    <message>
        <source>Another recording makes the avatar better</source>
        <translation>Noch eine Aufnahme macht den Avatar besser</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>It takes {0}, which the people you call get once. Move and talk: does it look like you?</source>
        <translation>Er hat {0}; wen Sie anrufen, bekommt sie einmal. Bewegen Sie sich und sprechen Sie: Sieht er Ihnen ähnlich?</translation>
    </message>
    <message>
        <source>Not seen enough while recording: {0}. What was not seen looks blurred.</source>
        <translation>In der Aufnahme nicht genug gesehen: {0}. Was nicht gesehen wurde, ist verschwommen.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
</context>
<context>
    <name>SettingsPart</name>
    <message>
        <source>The settings cannot be kept: {0}</source>
        <translation>Die Einstellungen können nicht gespeichert werden: {0}</translation>
    </message>
</context>
<context>
    <name>Snapshots</name>
    <message>
        <source>The picture is kept: {0}</source>
        <translation>Das Bild ist gespeichert: {0}</translation>
    </message>
    <message>
        <source>The picture could not be kept: {0}</source>
        <translation>Das Bild konnte nicht gespeichert werden: {0}</translation>
    </message>
</context>
<context>
    <name>Sound</name>
    <message>
        <source>No microphone was found: you hear the other person, but are not heard.</source>
        <translation>Es wurde kein Mikrofon gefunden: Sie hören den anderen, werden aber nicht gehört.</translation>
    </message>
    <message>
        <source>No loudspeaker was found: you are heard, but hear nothing.</source>
        <translation>Es wurde kein Lautsprecher gefunden: Sie werden gehört, hören aber nichts.</translation>
    </message>
    <message>
        <source>No microphone and no loudspeaker was found. A headset that you plug in is used at once.</source>
        <translation>Es wurde weder Mikrofon noch Lautsprecher gefunden. Ein Headset, das Sie anstecken, wird sofort benutzt.</translation>
    </message>
    <message>
        <source>Something is wrong with the sound: {0}</source>
        <translation>Mit dem Ton stimmt etwas nicht: {0}</translation>
    </message>
</context>
<context>
    <name>StageDeck</name>
    <message>
        <source>Both of you must see these six pictures, then nobody sits between: {0}</source>
        <translation>Sie beide müssen diese sechs Bilder sehen, dann sitzt niemand dazwischen: {0}</translation>
    </message>
    <message>
        <source>Your camera is off</source>
        <translation>Ihre Kamera ist aus</translation>
    </message>
    <message>
        <source>Your camera</source>
        <translation>Ihre Kamera</translation>
    </message>
    <message>
        <source>{0:.1f} kbps</source>
        <translation>{0:.1f} kbit/s</translation>
    </message>
</context>
<context>
    <name>StageView</name>
    <message>
        <source>The other person</source>
        <translation>Die andere Person</translation>
    </message>
</context>
<context>
    <name>StillCard</name>
    <message>
        <source>Close the real picture</source>
        <translation>Das echte Bild schließen</translation>
    </message>
    <message>
        <source>Real picture</source>
        <translation>Echtes Bild</translation>
    </message>
</context>
<context>
    <name>TopLine</name>
    <message>
        <source>Bitrate of the other person&apos;s picture</source>
        <translation>Bitrate des Bildes der anderen Person</translation>
    </message>
    <message>
        <source>What the other person&apos;s picture takes of the line, without packet headers</source>
        <translation>Was das Bild der anderen Person von der Leitung nimmt, ohne Paketköpfe</translation>
    </message>
</context>
<context>
    <name>TrainingView</name>
    <message>
        <source>Your avatar, as far as it is learned</source>
        <translation>Ihr Avatar, so weit er gelernt ist</translation>
    </message>
    <message>
        <source>The first picture comes soon</source>
        <translation>Das erste Bild kommt bald</translation>
    </message>
    <message>
        <source>Your avatar is being made</source>
        <translation>Ihr Avatar entsteht</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>You can do other things meanwhile, but leave this window open. If you pause, nothing that was learned is lost: you can go on at any time.</source>
        <translation>Sie können inzwischen anderes tun, aber lassen Sie dieses Fenster offen. Wenn Sie anhalten, geht nichts Gelerntes verloren: Sie können jederzeit weitermachen.</translation>
    </message>
    <message>
        <source>Pausing …</source>
        <translation>Es wird angehalten …</translation>
    </message>
</context>
<context>
    <name>WaitingRoom</name>
    <message>
        <source>The code of this call</source>
        <translation>Der Code dieses Anrufs</translation>
    </message>
    <message>
        <source>&amp;Copy the code</source>
        <translation>Den Code &amp;kopieren</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Es wird gewartet</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Give the call up (Ctrl+E)</source>
        <translation>Den Anruf aufgeben (Strg+E)</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>_StillView</name>
    <message>
        <source>The real picture of the other person&apos;s camera</source>
        <translation>Das echte Bild der Kamera der anderen Person</translation>
    </message>
</context>
</TS>
